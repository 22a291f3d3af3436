using System.Globalization;
using System.Net;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Specs;

namespace StressFarm.Silo.Api;

/// <summary>Where the HTTP API listens, who may call it, and how much it takes.</summary>
public sealed class ApiOptions
{
    public const string DefaultListen = "http://127.0.0.1:8650";

    /// <summary>Addresses as <c>http://127.0.0.1:8650</c>.</summary>
    public IReadOnlyList<string> Listen { get; init; } = [DefaultListen];
    /// <summary>The file of <see cref="Api.TokenFile"/>; null for none, which only loopback allows.</summary>
    public string? TokenFile { get; init; }

    /// <summary>Bytes of a request's body.</summary>
    public int MaxBody { get; init; } = SpecFile.MaxBytes;
    /// <summary>Requests being answered at once, watchers not counted.</summary>
    public int MaxConcurrentRequests { get; init; } = 128;
    public int MaxConnections { get; init; } = 512;
    /// <summary>Watchers at once.</summary>
    public int MaxWatchers { get; init; } = 64;
    /// <summary>Requests a second of one caller, on average.</summary>
    public int RequestsPerSecond { get; init; } = 100;
    /// <summary>Requests of one caller at one instant.</summary>
    public int RequestBurst { get; init; } = 400;
    /// <summary>Submissions a minute of one caller.</summary>
    public int SubmissionsPerMinute { get; init; } = 60;

    /// <summary>How long the farm behind the API may take to answer.</summary>
    public TimeSpan BackendDeadline { get; init; } = TimeSpan.FromSeconds(15);
    /// <summary>How long <c>/health/ready</c> waits for an answer.</summary>
    public TimeSpan ReadyDeadline { get; init; } = TimeSpan.FromSeconds(3);
    /// <summary>How old an answer of <c>/health/ready</c> may be.</summary>
    public TimeSpan ReadyEvery { get; init; } = TimeSpan.FromSeconds(1);
    /// <summary>How long a watcher may take to read one event.</summary>
    public TimeSpan WriteDeadline { get; init; } = TimeSpan.FromSeconds(10);
    /// <summary>How often a watched campaign is asked for its status.</summary>
    public TimeSpan WatchEvery { get; init; } = TimeSpan.FromSeconds(1);
    /// <summary>How long a watched stream may be silent.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(10);
    /// <summary>How long one stream lasts; the watcher comes again, and shows its token again.</summary>
    public TimeSpan LongestWatch { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Refuses what cannot be meant.</summary>
    /// <exception cref="SpecException">one line that says what to change</exception>
    public void Validate()
    {
        if (Listen.Count == 0) throw new SpecException("the API listens on no address");
        RequireTokensFor(Listen);
        Positive(MaxBody, nameof(MaxBody), SpecFile.MaxBytes);
        Positive(MaxConcurrentRequests, nameof(MaxConcurrentRequests), 10_000);
        Positive(MaxConnections, nameof(MaxConnections), 100_000);
        Positive(MaxWatchers, nameof(MaxWatchers), 10_000);
        Positive(RequestsPerSecond, nameof(RequestsPerSecond), 1_000_000);
        Positive(RequestBurst, nameof(RequestBurst), 1_000_000);
        Positive(SubmissionsPerMinute, nameof(SubmissionsPerMinute), 1_000_000);
        foreach (TimeSpan time in (TimeSpan[])[BackendDeadline, ReadyDeadline, ReadyEvery, WriteDeadline, WatchEvery, Heartbeat, LongestWatch])
            if (time <= TimeSpan.Zero || time > TimeSpan.FromDays(1)) throw new SpecException($"the API's deadlines are more than 0 and at most a day, not {time}");
        if (TokenFile is { } file) Api.TokenFile.Load(file);
    }

    /// <summary>Beyond loopback a token is demanded for every call.</summary>
    internal void RequireTokensFor(IEnumerable<string> addresses)
    {
        foreach (string address in addresses)
            if (!IsLoopback(address) && TokenFile is null)
                throw new SpecException($"the API would listen on '{address}', which is not loopback, without a token file: configure one, or listen on {DefaultListen}");
    }

    /// <summary>Whether an address can be reached from this machine only.</summary>
    /// <exception cref="SpecException">it is not an address</exception>
    public static bool IsLoopback(string address)
    {
        BindingAddress parsed;
        try
        {
            parsed = BindingAddress.Parse(address);
        }
        catch (FormatException)
        {
            throw new SpecException($"the API cannot listen on '{address}': write http://127.0.0.1:8650");
        }
        if (parsed.IsUnixPipe || parsed.IsNamedPipe) return true;
        return IsLoopbackHost(parsed.Host);
    }

    internal static bool IsLoopbackHost(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? ip) && IPAddress.IsLoopback(ip));

    private static void Positive(int value, string name, int most)
    {
        if (value < 1 || value > most)
            throw new SpecException(string.Create(CultureInfo.InvariantCulture, $"the API's {name} takes 1 to {most}, not {value}"));
    }
}
