namespace StressFarm.Exploration.Canaries;

/// <summary>Z01, with large blocks of one producer.</summary>
public sealed class Z01Canary() : KnownBugCanary("Z01")
{
    protected override IReadOnlyDictionary<string, int> Parameters { get; } = new Dictionary<string, int> { ["producers"] = 1, ["max-order"] = 4, ["cpus"] = 4 };
}
