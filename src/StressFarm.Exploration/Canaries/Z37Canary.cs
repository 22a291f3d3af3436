namespace StressFarm.Exploration.Canaries;

/// <summary>Z37, with a device folio that is split often.</summary>
public sealed class Z37Canary() : KnownBugCanary("Z37")
{
    protected override IReadOnlyDictionary<string, int> Parameters { get; } = new Dictionary<string, int> { ["device"] = 1, ["duel"] = 0, ["work"] = 10, ["pmd-order"] = 2, ["splits"] = 6, ["gups"] = 2, ["zaps"] = 0 };
}
