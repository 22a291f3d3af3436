namespace StressFarm.Kernel.Policies;

/// <summary>HWPOISON: the candidates in mm/memory-failure.c, mm/hugetlb.c and mm/page_alloc.c (docs/findings.md).</summary>
public enum HwPoison : byte
{
    /// <summary>what control does in place of what was read</summary>
    Mended,
    /// <summary>as v7.3 reads</summary>
    AsRead,
}

/// <summary>The dimension HWPOISON.</summary>
public sealed class HwPoisonDimension : BitDimension
{
    public override string Id => "hwpoison";
    public override string SpecName => "HWPOISON";
    public override string Summary => "whether hwpoison is as v7.3 reads or mended";
    public override Deviation Bit => Deviation.PoisonAsRead;
    public override IReadOnlyList<PolicyValue> Values { get; } =
    [
        new(0, "mended", "what control does in place of what was read"),
        new(1, "as-read", "as v7.3 reads"),
    ];
}
