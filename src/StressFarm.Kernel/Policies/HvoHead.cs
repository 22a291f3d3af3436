namespace StressFarm.Kernel.Policies;

/// <summary>HVO_HEAD: how HVO treats the vmemmap page of the head (docs/findings.md).</summary>
public enum HvoHead : byte
{
    /// <summary>what is written to it is not lost</summary>
    Kept,
    /// <summary>copied, and remapped later, as v7.3 reads: what is written in between is lost</summary>
    Copied,
}

/// <summary>The dimension HVO_HEAD.</summary>
public sealed class HvoHeadDimension : BitDimension
{
    public override string Id => "hvo-head";
    public override string SpecName => "HVO_HEAD";
    public override string Summary => "how HVO gives the head of a hugetlb folio its own frame";
    public override Deviation Bit => Deviation.HvoCopiesBeforeRemap;
    public override IReadOnlyList<PolicyValue> Values { get; } =
    [
        new(0, "kept", "what is written to it is not lost"),
        new(1, "copied", "copied, and remapped later, as v7.3 reads: what is written in between is lost"),
    ];
}
