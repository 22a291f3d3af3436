namespace StressFarm.Simulation.Invariants;

/// <summary>I30.</summary>
public sealed class MapcountCountsPtes : Invariant
{
    public override string Id => "I30";
    public override string Statement => "_mapcount + 1 of a page is the number of PTEs that rmap accounts for it; under PAGE_MAPCOUNT=0 that of a page of a large folio is -1";
    public override When When => When.Quiescent;
    public override Severity Severity => Severity.Wrong;
    public override string Mirror => "none";

    public override void AuditObject(Judge judge, int id)
    {
        ref GhostObject o = ref judge.Ghost[id];
        if (o.Phase != Phase.Live) return;
        for (int pfn = o.Head; pfn < o.Head + o.Pages; pfn++)
        {
            Half field = new Page(pfn).Mapcount;
            uint count = judge.Memory[field];
            int ptes = o.Order > 0 && o.Kind != Owner.Block && judge.Policy.PageMapcount == PageMapcount.Off ? 0 : judge.Ghost.PtesOf(pfn);
            if (PageType.HasType(count) || (int)count + 1 == ptes) continue;
            judge.Violate(this, null, pfn, field.Index, "_mapcount", $"{ptes - 1}", $"{(int)count}",
                $"page {pfn} of the {o.Kind} at {o.Head} has _mapcount {(int)count} and {ptes} PTEs map it");
            return;
        }
    }
}

/// <summary>What must hold of the map counts of a live folio while nothing is under way.</summary>
public abstract class FolioMapcount : Invariant
{
    public sealed override When When => When.Quiescent;
    public override Severity Severity => Severity.Wrong;
    public sealed override string Mirror => "none";

    public sealed override void AuditObject(Judge judge, int id)
    {
        ref GhostObject o = ref judge.Ghost[id];
        if (o.Phase == Phase.Live && FolioFields.Carries(judge.Policy, o)) Audit(judge, id, ref o);
    }

    /// <param name="o">live, and it has the fields</param>
    protected abstract void Audit(Judge judge, int id, ref GhostObject o);

    /// <summary>A count, -1 for none, is not what it should be.</summary>
    /// <param name="by">who maps it, as a clause that follows the count</param>
    private protected void Miscounted(Judge judge, ref GhostObject o, Half field, string name, int maps, string by) =>
        judge.Violate(this, null, o.Head + 1, field.Index, name, $"{maps - 1}", $"{(int)judge.Memory[field]}",
            $"the {o.Kind} at page {o.Head} has {name} {(int)judge.Memory[field]}{by}");
}

/// <summary>I31.</summary>
public sealed class EntireMapcountCountsPmds : FolioMapcount
{
    public override string Id => "I31";
    public override string Statement => "_entire_mapcount + 1 is the number of PMD entries that map the folio";

    protected override void Audit(Judge judge, int id, ref GhostObject o)
    {
        Half field = new Folio(o.Head).EntireMapcount;
        if ((int)judge.Memory[field] + 1 != o.PmdMaps) Miscounted(judge, ref o, field, "_entire_mapcount", o.PmdMaps, $" and {o.PmdMaps} PMD entries map it");
    }
}

/// <summary>I32.</summary>
public sealed class LargeMapcountIsTheSum : FolioMapcount
{
    public override string Id => "I32";
    public override string Statement => "_large_mapcount + 1 is the number of PTEs and PMD entries that map (part of) the folio";

    protected override void Audit(Judge judge, int id, ref GhostObject o)
    {
        Half field = new Folio(o.Head).LargeMapcount;
        int maps = o.PteMaps + o.PmdMaps;
        if ((int)judge.Memory[field] + 1 != maps) Miscounted(judge, ref o, field, "_large_mapcount", maps, $"; {o.PteMaps} PTEs and {o.PmdMaps} PMD entries map it");
    }
}

/// <summary>I33.</summary>
public sealed class NrPagesMappedCountsPages : FolioMapcount
{
    public override string Id => "I33";
    public override string Statement => "_nr_pages_mapped counts the pages with _mapcount >= 0, and its ENTIRELY_MAPPED bit is set while _entire_mapcount >= 0; under PAGE_MAPCOUNT=0 it is 0";

    protected override void Audit(Judge judge, int id, ref GhostObject o)
    {
        if (o.Kind == Owner.Hugetlb) return;
        var folio = new Folio(o.Head);
        int mapped = 0;
        for (int pfn = o.Head; pfn < o.Head + o.Pages; pfn++)
            if ((int)judge.Memory[new Page(pfn).Mapcount] >= 0) mapped++;
        int expected = judge.Policy.PageMapcount == PageMapcount.Off ? 0 : mapped + ((int)judge.Memory[folio.EntireMapcount] >= 0 ? Layout.EntirelyMapped : 0);
        int found = (int)judge.Memory[folio.NrPagesMapped];
        if (found == expected) return;
        judge.Violate(this, null, o.Head + 1, folio.NrPagesMapped.Index, "_nr_pages_mapped", $"{expected:x}", $"{found:x}",
            $"the {o.Kind} at page {o.Head} has _nr_pages_mapped {found:x}; {mapped} of its pages are mapped by PTEs");
    }
}

/// <summary>I34: judged just before bit 31 is dropped.</summary>
public sealed class MmSlotsAreConsistent : Invariant
{
    public override string Id => "I34";
    public override string Statement => "an mm slot is free exactly when its mapcount is -1, holds no more than _large_mapcount, and an unmapped folio is not marked shared";
    public override When When => When.Locked;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "__folio_large_mapcount_sanity_checks";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.MmIdsUnlock];

    public override void On(Judge judge, in Moment moment)
    {
        var folio = new Folio(moment.Pfn);
        ulong ids = judge.Memory[folio.MmIds], counts = judge.Memory[folio.MmIdMapcount];
        int total = (int)judge.Memory[folio.LargeMapcount];
        for (int slot = 0; slot < 2; slot++)
        {
            uint id = (uint)(ids >> (slot * 32)) & 0x7fff_ffff;
            int count = (int)(counts >> (slot * 32));
            Half field = slot == 0 ? folio.MmIdMapcount.Low : folio.MmIdMapcount.High;
            if ((id == 0) != (count == -1))
                Report(judge, moment, field, id == 0 ? "-1: the slot is free" : "at least 0", count, $"slot {slot} has mm id {id} and mapcount {count}");
            else if (count > total)
                Report(judge, moment, field, $"at most {total}", count, $"slot {slot} counts {count}, all mms together {total}");
        }
        if (total == -1 && ids >> 63 != 0)
            judge.Violate(this, moment.Cpu, folio.Pfn + 1, folio.MmIds.High.Index, "_mm_ids", "not shared", "shared", $"folio {folio.Pfn} is unmapped and marked as maybe mapped shared");
    }

    private void Report(Judge judge, in Moment moment, Half at, string expected, int found, string what) =>
        judge.Violate(this, moment.Cpu, moment.Pfn + 1, at.Index, "_mm_id_mapcount", expected, $"{found}", $"folio {moment.Pfn}: {what}");
}

/// <summary>I35.</summary>
public sealed class ExclusiveMeansOneMm : FolioMapcount
{
    public override string Id => "I35";
    public override string Statement => "a mapped large folio that is not marked shared is mapped by one mm only";
    public override Severity Severity => Severity.Corruption;

    protected override void Audit(Judge judge, int id, ref GhostObject o)
    {
        if (o.Kind == Owner.Hugetlb || judge.Policy.MmId == MmId.Off) return;
        var folio = new Folio(o.Head);
        if ((int)judge.Memory[folio.LargeMapcount] < 1 || judge.Memory[folio.MmIds] >> 63 != 0) return;
        int mms = 0;
        for (int mm = 0; mm < Geometry.MaxMms; mm++)
            if (judge.Ghost.MapsOf(id, mm) > 0) mms++;
        if (mms <= 1) return;
        judge.Violate(this, null, o.Head + 1, folio.MmIds.High.Index, "_mm_ids", "shared", "exclusive",
            $"the {o.Kind} at page {o.Head} is mapped by {mms} mms and not marked as maybe mapped shared");
    }
}
