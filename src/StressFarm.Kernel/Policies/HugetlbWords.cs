namespace StressFarm.Kernel.Policies;

/// <summary>HTLB_WORDS: where hugetlb keeps words of its own.</summary>
public enum HugetlbWords : byte
{
    /// <summary>in page[3], and its folios are not rmappable</summary>
    Page3,
    /// <summary>over _deferred_list of folios that are rmappable, as before Z16 was mended</summary>
    Page2,
}

/// <summary>The dimension HTLB_WORDS.</summary>
public sealed class HugetlbWordsDimension : BitDimension
{
    public override string Id => "htlb-words";
    public override string SpecName => "HTLB_WORDS";
    public override string Summary => "where hugetlb keeps words of its own";
    public override Deviation Bit => Deviation.HugetlbOverDeferredList;
    public override IReadOnlyList<PolicyValue> Values { get; } =
    [
        new(0, "page3", "in page[3], and its folios are not rmappable"),
        new(1, "page2", "over _deferred_list of folios that are rmappable, as before Z16 was mended"),
    ];
}
