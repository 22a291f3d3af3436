namespace StressFarm.Kernel.Machines;

/// <summary>
/// How splits ended: the liveness metric of spec 4.5. A reference that somebody else holds for an instant makes a split fail
/// with -EAGAIN.
/// </summary>
public sealed class SplitCounters
{
    /// <summary>Splits that passed their first checks.</summary>
    public long Attempts { get; internal set; }
    public long Done { get; internal set; }
    /// <summary>-EAGAIN before anything was unmapped (S4).</summary>
    public long AgainEarly { get; internal set; }
    /// <summary>-EAGAIN because the freeze (S8) found a reference too many: everything was unmapped in vain.</summary>
    public long AgainFreeze { get; internal set; }
}
