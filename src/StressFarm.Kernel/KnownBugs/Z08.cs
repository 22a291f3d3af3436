namespace StressFarm.Kernel.KnownBugs;

/// <summary>Z08.</summary>
public sealed class Z08 : KnownBug
{
    public override string Id => "Z08";
    public override string Title => "mm: gup: stop abusing try_grab_folio";
    public override string Source => "f442fa6141379a20b48ae3efabee827a3d260787, CVE-2024-44943";
    public override string Mechanism => "the slow path grabs with the fast path's helper, which refuses pages that cannot be pinned for long; the slow path was to pin and move them";
    public override IReadOnlyList<string> Invariants => ["I57b"];
    public override string Workload => "migration";
    public override Policy Plant(Policy policy) => policy with { Deviations = policy.Deviations | Deviation.GupSlowFastHelper };
}
