namespace StressFarm.Exploration.Canaries;

/// <summary>Z41, in the shape that carves single pages from where a large folio was.</summary>
public sealed class Z41Canary() : KnownBugCanary("Z41")
{
    protected override IReadOnlyDictionary<string, int> Parameters { get; } = new Dictionary<string, int> { ["pattern"] = 2, ["cpus"] = 1 };
}
