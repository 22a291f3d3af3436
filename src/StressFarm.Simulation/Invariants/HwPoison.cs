namespace StressFarm.Simulation.Invariants;

/// <summary>I52.</summary>
public sealed class PoisonedPagesStayOut : Invariant
{
    public override string Id => "I52";
    public override string Statement => "a poisoned page is never on a free list nor handed out, what is recorded in a hugetlb folio is of that folio and is not lost when it goes, and a large folio with a poisoned page is marked";
    public override When When => When.Quiescent;
    public override Severity Severity => Severity.Leak;
    public override string Mirror => "check_new_page_bad";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.HandOut, MomentKind.FreeCheck, MomentKind.PoisonRecorded, MomentKind.PoisonMarked, MomentKind.PoisonTaken];

    public override void On(Judge judge, in Moment moment)
    {
        switch (moment.Kind)
        {
            case MomentKind.HandOut: HandedOut(judge, moment); break;
            case MomentKind.FreeCheck: Freed(judge, moment); break;
            case MomentKind.PoisonRecorded: Recorded(judge, moment); break;
            case MomentKind.PoisonMarked: Marked(judge, moment.Cpu, moment.Object); break;
            default: Taken(judge, moment); break;
        }
    }

    private void HandedOut(Judge judge, in Moment moment)
    {
        if (!judge.Machine.Arena.HasHugetlb) return;
        for (int pfn = moment.Pfn; pfn < moment.Pfn + (1 << (int)moment.A); pfn++)
        {
            var page = new Page(pfn);
            if ((judge.Memory[page.Flags] & PageFlag.HwPoison) == 0) continue;
            judge.Violate(this, moment.Cpu, pfn, page.Flags.Low.Index, "flags", "no PG_hwpoison", "PG_hwpoison", $"page {pfn} is handed out and is poisoned");
            return;
        }
    }

    /// <summary>A hugetlb folio goes to the buddy: what was recorded in it must have moved to its pages.</summary>
    private void Freed(Judge judge, in Moment moment)
    {
        if (moment.Object == Ghost.NoObject || judge.Ghost[moment.Object].Kind != Owner.Hugetlb) return;
        ref GhostObject o = ref judge.Ghost[moment.Object];
        for (int pfn = o.Head; pfn < o.Head + o.Pages; pfn++)
        {
            if (judge.Ghost.PoisonOf(pfn) != Poison.Recorded) continue;
            Word raw = new Folio(o.Head).HugetlbHwpoison;
            judge.Violate(this, moment.Cpu, pfn, raw.Low.Index, "_hugetlb_hwpoison", $"page {pfn} marked", $"a list {judge.Memory[raw]:x} that nobody reads any more",
                $"the hugetlb folio at page {o.Head} is freed, and that its page {pfn} is poisoned is known to nobody");
            return;
        }
    }

    private void Recorded(Judge judge, in Moment moment)
    {
        int head = (int)moment.A, id = judge.Ghost.ObjectOf(head);
        bool its = id != Ghost.NoObject && judge.Ghost[id].Kind == Owner.Hugetlb && judge.Ghost[id].Head == head && judge.Ghost[id].Contains(moment.Pfn);
        if (its && PageType.Is(judge.Memory[new Page(head).Type], PageType.Hugetlb)) return;
        judge.Violate(this, moment.Cpu, head, new Page(head).Flags.Low.Index, "flags", $"the hugetlb folio of page {moment.Pfn}",
            id == Ghost.NoObject ? $"{judge.Ghost.OwnerOf(head)}" : $"{judge.Ghost[id].Kind}, order {judge.Ghost[id].Order}",
            $"the failure of page {moment.Pfn} is recorded in page {head}, which is not its hugetlb folio");
    }

    private void Taken(Judge judge, in Moment moment)
    {
        if (judge.Ghost.OwnerOf(moment.Pfn) == Owner.HwpTaken && moment.Object == Ghost.NoObject
            && judge.Memory[new Page(moment.Pfn).Private] == TakenPages.TakenOff) return;
        judge.Violate(this, moment.Cpu, moment.Pfn, new Page(moment.Pfn).Refcount.Index, "_refcount", "a page that was taken off the free lists", $"{judge.Ghost.OwnerOf(moment.Pfn)}",
            $"memory_failure() holds page {moment.Pfn} as taken off the free lists, and it belongs to {judge.Ghost.OwnerOf(moment.Pfn)}");
    }

    public override void AuditPages(Judge judge, ReadOnlySpan<int> lines)
    {
        foreach (int pfn in lines)
            if (pfn < judge.Machine.Geometry.Pages && (judge.Memory[new Page(pfn).Flags] & PageFlag.HwPoison) != 0) AuditPoisoned(judge, pfn);
    }

    private void AuditPoisoned(Judge judge, int pfn)
    {
        if (judge.Ghost.OwnerOf(pfn) is not (Owner.Buddy or Owner.Pcp)) return;
        judge.Violate(this, null, pfn, new Page(pfn).Flags.Low.Index, "flags", "no PG_hwpoison", "PG_hwpoison", $"page {pfn} is poisoned and on a free list ({judge.Ghost.OwnerOf(pfn)})");
    }

    public override void AuditObject(Judge judge, int id)
    {
        ref GhostObject o = ref judge.Ghost[id];
        if (!judge.Machine.Arena.HasHugetlb || o.Phase != Phase.Live || o.Order == 0) return;
        if (o.Kind == Owner.Hugetlb) AuditHugetlb(judge, o);
        Marked(judge, null, id);
    }

    private void Marked(Judge judge, Cpu? cpu, int id)
    {
        if (id == Ghost.NoObject) return;
        ref GhostObject o = ref judge.Ghost[id];
        if (o.Kind != Owner.Folio || !o.Anon || o.Order == 0) return;
        Half second = new Folio(o.Head).SecondFlags.Low;
        if ((judge.Memory[second] & PageFlag.HasHwpoisoned) != 0) return;
        for (int pfn = o.Head; pfn < o.Head + o.Pages; pfn++)
        {
            // Only what memory_failure() has contained: a plain write of the flags word can bring back a bit that it took back.
            if ((judge.Memory[new Page(pfn).Flags] & PageFlag.HwPoison) == 0 || judge.Ghost.PoisonOf(pfn) != Poison.Flagged) continue;
            judge.Violate(this, cpu, o.Head + 1, second.Index, "has_hwpoisoned", "set", "clear",
                $"page {pfn} of the {o.Kind} at page {o.Head} (order {o.Order}) is poisoned, and the folio is not marked");
            return;
        }
    }

    /// <summary>A page that was recorded is on the list of the folio it belongs to, and the folio is marked.</summary>
    private void AuditHugetlb(Judge judge, in GhostObject o)
    {
        var folio = new Folio(o.Head);
        for (int pfn = o.Head; pfn < o.Head + o.Pages; pfn++)
        {
            if (judge.Ghost.PoisonOf(pfn) != Poison.Recorded) continue;
            bool marked = (judge.Memory[folio.Flags] & PageFlag.HwPoison) != 0;
            if (marked && (judge.Memory[folio.HugetlbHwpoison] & RawPages.BitOf(o.Head, o.Order, pfn)) != 0) continue;
            judge.Violate(this, null, o.Head, (marked ? folio.HugetlbHwpoison : folio.Flags).Low.Index, marked ? "_hugetlb_hwpoison" : "flags", $"page {pfn}", "lost",
                $"page {pfn} of the hugetlb folio at page {o.Head} is poisoned, and the folio does not know");
            return;
        }
    }
}

/// <summary>I19, for those who ask without a reference.</summary>
public sealed class PagesAreWhatTheyAreTakenFor : Invariant
{
    public override string Id => "I19b";
    public override string Statement => "what a walker takes a page for, by its words, is what the page is at that instant";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "none";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.TakenFor];

    public override void On(Judge judge, in Moment moment)
    {
        Owner kind = moment.Object == Ghost.NoObject ? judge.Ghost.OwnerOf(moment.Pfn) : judge.Ghost[moment.Object].Kind;
        if (moment.A == (ulong)kind) return;
        var page = new Page(moment.Pfn);
        bool driver = moment.A == MovablePages.MovableDriver;
        string as_ = driver ? "a driver's movable page" : $"{(Owner)moment.A}";
        judge.Violate(this, moment.Cpu, moment.Pfn, driver ? page.Mapping.Low.Index : new Folio(moment.Pfn).SecondFlags.Low.Index, driver ? "mapping" : "page[1].flags", $"{kind}", as_,
            $"page {moment.Pfn} belongs to {kind} and is taken for {as_}{(driver ? $" by its mapping {judge.Memory[page.Mapping]:x}" : "")}");
    }
}
