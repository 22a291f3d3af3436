namespace StressFarm.Kernel.Policies;

/// <summary>HTLB_MARK: what tells a hugetlb folio.</summary>
public enum HugetlbMark : byte
{
    /// <summary>a page type</summary>
    Type,
    /// <summary>PG_head and bit 8 of page[1], as before Z17 was mended</summary>
    Flag,
}

/// <summary>The dimension HTLB_MARK.</summary>
public sealed class HugetlbMarkDimension : BitDimension
{
    public override string Id => "htlb-mark";
    public override string SpecName => "HTLB_MARK";
    public override string Summary => "what tells a hugetlb folio";
    public override Deviation Bit => Deviation.HugetlbFlagInSecondPage;
    public override IReadOnlyList<PolicyValue> Values { get; } =
    [
        new(0, "type", "a page type"),
        new(1, "flag", "PG_head and bit 8 of page[1], as before Z17 was mended"),
    ];
}
