namespace StressFarm.Simulation;

/// <summary>I37: the model has no shrinker, so partially mapped folios are on the list itself.</summary>
public sealed class DeferredFoliosAreSplittable : Invariant
{
    public override string Id => "I37";
    public override string Statement => "what is on the deferred split list is anonymous and of order > 1, and what is partially_mapped is on the list";
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
        else if (partially && !listed)
            judge.Violate(this, null, o.Head, folio.DeferredList.Low.Index, "partially_mapped", "on the deferred split list", "not listed",
                $"the {o.Kind} at page {o.Head} is partially_mapped and not on the deferred split list");
    }
}

/// <summary>I38: at free, I13 has the same for the folio that goes.</summary>
public sealed class DeferredListStaysInLiveFolios : Invariant
{
    public override string Id => "I38";
    public override string Statement => "the links of the deferred split list lead through live folios";
    public override When When => When.Quiescent;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "on deferred list";

    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.DeferredUnlink];

    /// <summary>What a folio that leaves the list is linked to.</summary>
    public override void On(Judge judge, in Moment moment)
    {
        Word link = new Folio(moment.Pfn).DeferredList;
        if (!IsLink(judge, moment.A)) Report(judge, moment, link, moment.A);
        else if (!IsLink(judge, moment.B)) Report(judge, moment, new Word(link.Index + 1), moment.B);
    }

    private static bool IsLink(Judge judge, ulong address)
    {
        Word at = judge.Memory.WordAt(address);
        if (at == judge.Machine.Cells.DeferredHead) return true;
        int page = at.Index < 0 ? -1 : at.Index / Layout.WordsPerPage;
        if (page < 2 || page >= judge.Machine.Geometry.Pages || new Folio(page - 2).DeferredList != at) return false;
        int id = judge.Ghost.ObjectOf(page);
        return id != Ghost.NoObject && judge.Ghost[id].Phase != Phase.Dead && judge.Ghost[id].Head == page - 2;
    }

    private void Report(Judge judge, in Moment moment, Word link, ulong found) =>
        judge.Violate(this, moment.Cpu, link.Index / Layout.WordsPerPage, link.Low.Index, "_deferred_list", "a link of the list", $"{found:x}",
            $"folio {moment.Pfn} is taken off the deferred split list and its link reads {found:x}");

    public override void AuditMachine(Judge judge)
    {
        MemMap m = judge.Memory;
        Word head = judge.Machine.Cells.DeferredHead;
        Word at = head;
        for (int count = 0; ; count++)
        {
            Word next = m.WordAt(m[at]);
            if (next == head) return;
            int page = next.Index < 0 ? -1 : next.Index / Layout.WordsPerPage;
            int id = page is < 2 || page >= judge.Machine.Geometry.Pages ? Ghost.NoObject : judge.Ghost.ObjectOf(page);
            bool live = id != Ghost.NoObject && judge.Ghost[id].Phase == Phase.Live && judge.Ghost[id].Head == page - 2
                && new Folio(page - 2).DeferredList == next && count <= judge.Machine.Geometry.Pages;
            if (!live)
            {
                judge.Violate(this, null, page, at.Low.Index, "_deferred_list", "a live folio", $"{m[at]:x}",
                    $"the deferred split list leads to {m[at]:x}{(page >= 0 ? $", page {page}" : "")}, which is no live folio's link");
                return;
            }
            at = next;
        }
    }
}
