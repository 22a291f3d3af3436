namespace StressFarm.Kernel.KnownBugs;

/// <summary>Z03.</summary>
public sealed class Z03 : KnownBug
{
    public override string Id => "Z03";
    public override string Title => "mm/huge_memory: fix a folio_split() race condition with folio_try_get()";
    public override string Source => "577a1f495fd78d8fb61b67ac3d3b595b01f6fcb0";
    public override string Mechanism => "a split that is not uniform stores its intermediate parts in the page cache, at indexes they no longer cover; such a part is unfrozen before the slots are put right, and a lookup gets it";
    public override IReadOnlyList<string> Invariants => ["I40"];
    public override string Workload => "page-cache";
    public override Policy Plant(Policy policy) => policy with { Spl = Spl.XaIntermediate };
}
