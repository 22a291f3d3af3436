namespace StressFarm.Kernel.KnownBugs;

/// <summary>Z04, a false alarm of the kernel's own: the control of the trial, which must stay silent.</summary>
public sealed class Z04 : KnownBug
{
    public override string Id => "Z04";
    public override string Title => "mm/memremap: fix spurious large folio warning for FS-DAX";
    public override string Source => "077d925b60c3 (-mm lists)";
    public override string Mechanism => "the kernel warns when a folio that is not device-private comes to refcount 0 while it is large; large FS-DAX folios do, and nothing is wrong with them";
    public override IReadOnlyList<string> Invariants => [];
    public override string Workload => "fs-dax";
    public override Policy Plant(Policy policy) => policy with { Deviations = policy.Deviations | Deviation.DaxFoliosThoughtSmall };
}
