namespace StressFarm.Exploration.Canaries;

/// <summary>Z28, in the shape that pins one page past its count.</summary>
public sealed class Z28Canary() : KnownBugCanary("Z28")
{
    protected override IReadOnlyDictionary<string, int> Parameters { get; } = new Dictionary<string, int> { ["opaque"] = 1, ["duel"] = 0 };
}
