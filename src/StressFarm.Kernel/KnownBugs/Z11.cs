namespace StressFarm.Kernel.KnownBugs;

/// <summary>Z11.</summary>
public sealed class Z11 : KnownBug
{
    public override string Id => "Z11";
    public override string Title => "mm/huge_memory: fix NULL pointer deference when splitting folio";
    public override string Source => "cff47b9e39a6abf03dde5f4f156f841b0c54bba0";
    public override string Mechanism => "the smallest order is read from mapping->flags before anybody asks whether there is a mapping: a folio truncated, or moved to the swap cache, before the split locked it has none";
    public override IReadOnlyList<string> Invariants => ["I14"];
    public override string Workload => "page-cache";
    public override Policy Plant(Policy policy) => policy with { Deviations = policy.Deviations | Deviation.MappingReadBeforeCheck };
}
