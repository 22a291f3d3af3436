namespace StressFarm.Silo.Api;

/// <summary>What a caller may do. Each role may do what those before it may.</summary>
public enum ApiRole : byte
{
    /// <summary>Look: campaigns, findings, reports, ledgers, silos, metrics.</summary>
    Read,
    /// <summary>Enter campaigns.</summary>
    Submit,
    /// <summary>Pause, resume and cancel anybody's campaigns.</summary>
    Admin,
}

/// <summary>Who a request is from.</summary>
/// <param name="Name">of the token; what audit lines say</param>
public sealed record ApiCaller(string Name, ApiRole Role)
{
    /// <summary>Whoever is on this machine, when no tokens are configured.</summary>
    public static ApiCaller Local { get; } = new("local", ApiRole.Admin);
}

/// <summary>The role an endpoint demands; null for one that is open to everybody. Without this it is <see cref="ApiRole.Read"/>.</summary>
internal sealed record AccessNeed(ApiRole? Role);
