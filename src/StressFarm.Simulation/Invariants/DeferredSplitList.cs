namespace StressFarm.Simulation.Invariants;

/// <summary>I37: nothing is on a shrinker's private list when none runs.</summary>
public sealed class DeferredFoliosAreSplittable : Invariant
{
    public override string Id => "I37";
    public override string Statement => "what is on the deferred split list is anonymous and of order > 1, and what is partially_mapped or was queued is on the list";
    public override When When => When.Quiescent;
    public override Severity Severity => Severity.Wrong;
    public override string Mirror => "VM_WARN in deferred_split_folio";

    public override void AuditObject(Judge judge, int id)
    {
        ref GhostObject o = ref judge.Ghost[id];
        if (o.Phase != Phase.Live || !o.IsFolio || o.Order <= 1 || o.Kind == Owner.Hugetlb) return;
        var folio = new Folio(o.Head);
        MemMap m = judge.Memory;
        bool listed = m[folio.DeferredList] != m.AddressOf(folio.DeferredList), partially = (m[folio.SecondFlags] & PageFlag.PartiallyMapped) != 0;
        if (listed && (m[folio.Head.Mapping] & Layout.MappingAnon) == 0)
            judge.Violate(this, null, o.Head, folio.DeferredList.Low.Index, "_deferred_list", "an anonymous folio", $"mapping {m[folio.Head.Mapping]:x}",
                $"the {o.Kind} at page {o.Head} is on the deferred split list and not anonymous");
        else if (o.Queued && !listed)
            judge.Violate(this, null, o.Head, folio.DeferredList.Low.Index, "_deferred_list", "on the deferred split list", "not listed",
                $"the {o.Kind} at page {o.Head} was queued for a deferred split and is on no list");
        else if (partially && !listed)
            judge.Violate(this, null, o.Head, folio.DeferredList.Low.Index, "partially_mapped", "on the deferred split list", "not listed",
                $"the {o.Kind} at page {o.Head} is partially_mapped and not on the deferred split list");
    }
}

/// <summary>I38: at free, I13 has the same for the folio that goes.</summary>
public sealed class DeferredListStaysInLiveFolios : Invariant
{
    public override string Id => "I38";
    public override string Statement => "the links of a deferred split list lead through live folios charged to its memory control group, and back";
    public override When When => When.Quiescent;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "on deferred list, list_del corruption";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.ListCorrupt];

    public override void On(Judge judge, in Moment moment)
    {
        Word node = new Folio(moment.Pfn).DeferredList;
        judge.Violate(this, moment.Cpu, moment.Pfn, new Word(node.Index + 1).Low.Index, "_deferred_list", "neighbours that lead back", "others",
            $"the folio at page {moment.Pfn} is taken off a deferred split list whose links do not lead back to it");
    }

    public override void AuditMachine(Judge judge)
    {
        Cells cells = judge.Machine.Cells;
        for (int memcg = 0; memcg < Geometry.MaxMemcgs; memcg++) Audit(judge, cells.DeferredHeadOf(memcg), memcg);
        for (int cpu = 0; cpu < judge.Machine.Cpus.Length; cpu++)
        {
            Word mine = cells.ShrinkHead(cpu);
            if (judge.Memory[mine] != judge.Memory.AddressOf(mine)) Report(judge, mine, -1, "an empty list, no shrinker being under way", $"{judge.Memory[mine]:x}");
        }
    }

    private void Audit(Judge judge, Word head, int memcg)
    {
        MemMap m = judge.Memory;
        Word at = head;
        for (int count = 0; judge.First is null; count++)
        {
            Word next = m.WordAt(m[at]);
            bool back = next.Index >= 0 && m[new Word(next.Index + 1)] == m.AddressOf(at);
            if (next == head && back) return;
            int page = next.Index < 0 ? -1 : next.Index / Layout.WordsPerPage;
            int id = page is < 2 || page >= judge.Machine.Geometry.Pages ? Ghost.NoObject : judge.Ghost.ObjectOf(page);
            bool live = id != Ghost.NoObject && judge.Ghost[id].Phase == Phase.Live && judge.Ghost[id].Head == page - 2
                && new Folio(page - 2).DeferredList == next && count <= judge.Machine.Geometry.Pages;
            if (next != head && !live) Report(judge, at, page, "a live folio", $"{m[at]:x}");
            else if (!back) Report(judge, at, page, "a node that leads back", $"{m[at]:x}");
            else if (AnonMemory.MemcgNumber(m[new Page(page - 2).MemcgData]) is var charged && charged != memcg && judge.Machine.Arena.Memcgs > 1)
                Report(judge, at, page, $"folios of memory control group {memcg}", $"one of {charged}, whose lock is another");
            at = next;
        }
    }

    private void Report(Judge judge, Word at, int page, string expected, string found) =>
        judge.Violate(this, null, page, at.Low.Index, "_deferred_list", expected, found,
            $"a deferred split list leads to {judge.Memory[at]:x}{(page >= 0 ? $", page {page}" : "")}: {expected} expected, {found} found");
}
