namespace StressFarm.Simulation.Invariants;

/// <summary>I50.</summary>
public sealed class SharedTailsAreReadOnly : Invariant
{
    public override string Id => "I50";
    public override string Statement => "nobody writes a struct page that is mapped read-only to the shared tail frame, and what is read there is that frame";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "page fault";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.WriteFault];

    public override void On(Judge judge, in Moment moment)
    {
        var half = new Half((int)moment.A);
        string whose = moment.Object == Ghost.NoObject ? $"{judge.Ghost.OwnerOf(moment.Pfn)}" : $"the {judge.Ghost[moment.Object].Kind} at page {judge.Ghost[moment.Object].Head}";
        judge.Violate(this, moment.Cpu, moment.Pfn, half.Index, Layout.NameOf(half.Index % Layout.HalvesPerPage), "a struct page that can be written", "a read-only one",
            $"CPU{moment.Cpu.Number} writes to page {moment.Pfn}, a tail of {whose} whose struct page is mapped read-only");
    }

    public override void AuditMachine(Judge judge)
    {
        KernelMachine machine = judge.Machine;
        if (machine.SharedVmemmap == 0) return;
        int shared = 0, order = machine.Arena.VmemmapOrder;
        for (int page = 0; page < machine.Arena.SystemPages >> order; page++)
        {
            ulong entry = judge.Memory[machine.Cells.Vmemmap(page)];
            if (entry == 0) continue;
            shared++;
            for (int pfn = page << order; pfn < (page + 1) << order; pfn++)
                if (!IsTheFrame(judge, pfn, entry == 1 ? machine.Arena.HugeOrder : machine.Arena.DemotedOrder)) return;
        }
        if (shared != machine.SharedVmemmap)
            judge.Violate(this, null, -1, machine.Cells.Vmemmap(0).Low.Index, "vmemmap", $"{machine.SharedVmemmap} shared vmemmap pages", $"{shared}",
                $"{shared} entries of the vmemmap lead to the shared frame, {machine.SharedVmemmap} were made to");
    }

    private bool IsTheFrame(Judge judge, int pfn, int order)
    {
        for (int word = 0; word < Layout.WordsPerPage; word++)
        {
            var at = new Word(pfn * Layout.WordsPerPage + word);
            ulong expected = VmemmapRemap.TailWord(judge.Policy, order, word);
            if (judge.Memory[at] == expected) continue;
            judge.Violate(this, null, pfn, at.Low.Index, Layout.NameOf(word * 2), $"{expected:x}", $"{judge.Memory[at]:x}",
                $"page {pfn} reads {judge.Memory[at]:x} where the shared tail frame has {expected:x}");
            return false;
        }
        return true;
    }
}

/// <summary>I51.</summary>
public sealed class HugetlbTypeOutlivesSharedTails : Invariant
{
    public override string Id => "I51";
    public override string Statement => "a hugetlb folio keeps its type until its vmemmap is its own again, is freed without it, and lies in the pool with refcount 0";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "VM_WARN_ON_ONCE_FOLIO in hugetlb_vmemmap.c, VM_BUG_ON_FOLIO in enqueue_hugetlb_folio";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.HugetlbCleared, MomentKind.FreeCheck];

    public override void On(Judge judge, in Moment moment)
    {
        if (moment.Object == Ghost.NoObject || judge.Ghost[moment.Object].Kind != Owner.Hugetlb) return;
        ref GhostObject o = ref judge.Ghost[moment.Object];
        Half type = new Page(o.Head).Type;
        for (int pfn = o.Head; pfn < o.Head + o.Pages; pfn++)
        {
            if (!judge.Machine.IsReadOnly(pfn)) continue;
            judge.Violate(this, moment.Cpu, pfn, type.Index, "page_type", "hugetlb while tails are read-only", $"{judge.Memory[type]:x}",
                $"the hugetlb folio at page {o.Head} is {(moment.Kind == MomentKind.FreeCheck ? "freed" : "hugetlb no more")} and page {pfn} still is read-only");
            return;
        }
        if (moment.Kind == MomentKind.FreeCheck && PageType.Is(judge.Memory[type], PageType.Hugetlb))
            judge.Violate(this, moment.Cpu, o.Head, type.Index, "page_type", "no type", "hugetlb",
                $"the hugetlb folio at page {o.Head} is freed to the buddy with its type");
    }

    public override void AuditMachine(Judge judge)
    {
        if (!judge.Machine.Arena.HasHugetlb) return;
        for (int hstate = 0; hstate < 2 && judge.First is null; hstate++) AuditPool(judge, hstate);
    }

    private void AuditPool(Judge judge, int hstate)
    {
        Cells cells = judge.Machine.Cells;
        Word head = cells.HugetlbFree(hstate);
        int count = 0;
        for (Word at = judge.Memory.WordAt(judge.Memory[head]); at != head; at = judge.Memory.WordAt(judge.Memory[at]))
        {
            int pfn = at.Index < 0 ? -1 : at.Index / Layout.WordsPerPage;
            int id = pfn < 0 || pfn >= judge.Machine.Geometry.Pages ? Ghost.NoObject : judge.Ghost.ObjectOf(pfn);
            bool pooled = id != Ghost.NoObject && judge.Ghost[id].Kind == Owner.Hugetlb && judge.Ghost[id].Head == pfn && judge.Ghost[id].FrozenOwner
                && ++count <= judge.Machine.Arena.SystemPages;
            var page = new Page(Math.Max(pfn, 0));
            string? wrong = !pooled ? "is no free hugetlb folio"
                : judge.Memory[page.Refcount] != 0 ? $"has refcount {(int)judge.Memory[page.Refcount]}"
                : !PageType.Is(judge.Memory[page.Type], PageType.Hugetlb) ? "has no type hugetlb"
                : (judge.Memory[page.Private] & HugetlbFlag.Freed) == 0 ? "is not marked as free" : null;
            if (wrong is null) continue;
            judge.Violate(this, null, pfn, pooled ? page.Refcount.Index : head.Low.Index, "hugepage_freelists", "a free hugetlb folio", wrong, $"page {pfn} is on the pool's free list and {wrong}");
            return;
        }
        if (judge.Memory[cells.FreeHugePages(hstate)] == (ulong)count) return;
        judge.Violate(this, null, -1, cells.FreeHugePages(hstate).Low.Index, "free_huge_pages", $"{count}", $"{judge.Memory[cells.FreeHugePages(hstate)]}",
            $"the pool's free list has {count} folios, free_huge_pages says {judge.Memory[cells.FreeHugePages(hstate)]}");
    }
}

/// <summary>I21, for shared page tables.</summary>
public sealed class LastSharerDestroysTheTable : Invariant
{
    public override string Id => "I21c";
    public override string Statement => "a shared page table is destroyed by the last mm that leaves it: it is never freed with its type, nor left behind with its entries";
    public override When When => When.Always;
    public override Severity Severity => Severity.Leak;
    public override string Mirror => "none";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.FreeCheck];

    public override void On(Judge judge, in Moment moment)
    {
        if (moment.Object == Ghost.NoObject || judge.Ghost[moment.Object].Kind != Owner.PageTable) return;
        Half type = new Page(moment.Pfn).Type;
        if (judge.Memory[type] == PageType.None) return;
        judge.Violate(this, moment.Cpu, moment.Pfn, type.Index, "page_type", "destroyed before it is freed", $"{judge.Memory[type]:x}",
            $"the shared page table at page {moment.Pfn} is freed by a put, and what it maps is never unmapped");
    }

    public override void AuditMachine(Judge judge)
    {
        Cells cells = judge.Machine.Cells;
        ulong table = judge.Memory[cells.SharedTable], puds = judge.Memory[cells.SharedPuds];
        if (table == 0 == (puds == 0)) return;
        judge.Violate(this, null, (int)table - 1, cells.SharedPuds.Low.Index, "pt_share_count", table == 0 ? "no sharer" : "a sharer", $"mms {puds:x}",
            table == 0 ? $"mms {puds:x} lead to a page table that is gone" : $"the shared page table at page {table - 1} has no sharer and was not destroyed");
    }
}
