namespace StressFarm.Kernel.KnownBugs;

/// <summary>Z13.</summary>
public sealed class Z13 : KnownBug
{
    public override string Id => "Z13";
    public override string Title => "mm: consider non-anon swap cache folios in folio_expected_ref_count()";
    public override string Source => "f183663901f21fe0fba8bd31ae894bc529709ee0";
    public override string Mechanism => "the expected count leaves out what the swap cache holds of a folio that is not anonymous: a shmem folio there is refused for ever";
    public override IReadOnlyList<string> Invariants => ["I57", "I23"];
    public override string Workload => "page-cache";
    public override Policy Plant(Policy policy) => policy with { Deviations = policy.Deviations | Deviation.ExpectedRefsWithoutShmemSwap };
}
