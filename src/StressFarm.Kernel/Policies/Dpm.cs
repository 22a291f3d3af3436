namespace StressFarm.Kernel.Policies;

/// <summary>DPM: device-private metadata across free and re-allocation (spec 4.2).</summary>
public enum Dpm : byte
{
    /// <summary>nothing is reset, neither at free nor at allocation (d245f9b4ab80)</summary>
    None,
    /// <summary>undone at free, in core, before ops-&gt;folio_free()</summary>
    FreeCore,
    /// <summary>undone at free, by the driver inside folio_free()</summary>
    FreeDrv,
    /// <summary>v7.3: the allocated range is rewritten at allocation (12b2285bf3d1)</summary>
    AllocRange,
    /// <summary>allocation undoes every predecessor folio that overlaps</summary>
    AllocPred,
    /// <summary>the same under one lock per pgmap</summary>
    AllocPredLock,
    /// <summary>undone when share comes to 0, as FS-DAX does: for device-private memory, whose one owner is the driver, inside folio_free()</summary>
    Dax,
}

/// <summary>The dimension DPM.</summary>
public sealed class DpmDimension : Dimension
{
    public override string Id => "dpm";
    public override string SpecName => "DPM";
    public override string Summary => "device-private metadata across free and re-allocation";
    public override IReadOnlyList<PolicyValue> Values { get; } =
    [
        new(0, "none", "nothing is reset, neither at free nor at allocation (d245f9b4ab80)"),
        new(1, "free-core", "undone at free, in core, before ops->folio_free()"),
        new(2, "free-drv", "undone at free, by the driver inside folio_free()"),
        new(3, "alloc-range", "v7.3: the allocated range is rewritten at allocation (12b2285bf3d1)"),
        new(4, "alloc-pred", "allocation undoes every predecessor folio that overlaps"),
        new(5, "alloc-pred+lock", "the same under one lock per pgmap"),
        new(6, "dax", "undone when share comes to 0, as FS-DAX does"),
    ];

    public override int Get(Policy policy) => (int)policy.Dpm;
    public override Policy With(Policy policy, int value) => policy with { Dpm = (Dpm)value };
}
