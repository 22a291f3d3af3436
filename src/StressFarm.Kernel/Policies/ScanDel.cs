namespace StressFarm.Kernel.Policies;

/// <summary>SCAN_DEL: how the deferred split shrinker takes folios off its own list (spec 3.11).</summary>
public enum ScanDel : byte
{
    /// <summary>under the lock of the list that others would put them on</summary>
    Locked,
    /// <summary>without it, as the specification reads v7.3</summary>
    Unlocked,
}

/// <summary>The dimension SCAN_DEL.</summary>
public sealed class ScanDelDimension : BitDimension
{
    public override string Id => "scan-del";
    public override string SpecName => "SCAN_DEL";
    public override string Summary => "how the deferred split shrinker takes folios off its own list";
    public override Deviation Bit => Deviation.ScanDeletesUnlocked;
    public override IReadOnlyList<PolicyValue> Values { get; } =
    [
        new(0, "locked", "under the lock of the list that others would put them on"),
        new(1, "unlocked", "without it, as the specification reads v7.3"),
    ];
}
