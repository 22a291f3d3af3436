namespace StressFarm.Kernel.Policies;

/// <summary>PMD_SHARERS: what tells how many mms share a page table.</summary>
public enum PmdSharers : byte
{
    /// <summary>a count of its own</summary>
    Count,
    /// <summary>its refcount, as before Z19 was mended</summary>
    Refcount,
}

/// <summary>The dimension PMD_SHARERS.</summary>
public sealed class PmdSharersDimension : BitDimension
{
    public override string Id => "pmd-sharers";
    public override string SpecName => "PMD_SHARERS";
    public override string Summary => "what tells how many mms share a page table";
    public override Deviation Bit => Deviation.PmdSharersByRefcount;
    public override IReadOnlyList<PolicyValue> Values { get; } =
    [
        new(0, "count", "a count of its own"),
        new(1, "refcount", "its refcount, as before Z19 was mended"),
    ];
}
