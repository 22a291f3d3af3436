namespace StressFarm.Kernel.KnownBugs;

/// <summary>Z01.</summary>
public sealed class Z01 : KnownBug
{
    public override string Id => "Z01";
    public override string Title => "RFC v1 and af_packet: WARNING in __folio_large_mapcount_sanity_checks";
    public override string Source => "syzbot ci on msgid 20260130034818.472804-1-ziy@nvidia.com";
    public override string Mechanism => "a __GFP_COMP block is mapped and never went through page_rmappable_folio(): its _nr_pages reads 0";
    public override IReadOnlyList<string> Invariants => ["I06", "I36"];
    public override string Workload => "driver-mmap";
    public override Policy Plant(Policy policy) => policy with { Cmp = Cmp.Rfc };
}
