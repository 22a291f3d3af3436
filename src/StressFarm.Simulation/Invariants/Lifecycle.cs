namespace StressFarm.Simulation.Invariants;

/// <summary>I11.</summary>
public sealed class HandedOutPagesAreClean : Invariant
{
    public override string Id => "I11";
    public override string Statement => "at hand-out a page is free, unmapped, unreferenced, uncharged, untyped, and its flags, mapping and private are clear";
    public override When When => When.HandOut;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "check_new_page, \"nonzero private\"";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.HandOut];

    public override void On(Judge judge, in Moment moment)
    {
        for (int pfn = moment.Pfn; pfn < moment.Pfn + (1 << (int)moment.A); pfn++)
        {
            var page = new Page(pfn);
            MemMap m = judge.Memory;
            if (judge.Ghost.OwnerOf(pfn) != Owner.IsolatedFree) Report(judge, moment.Cpu, pfn, -1, "owner", "a free page", $"{judge.Ghost.OwnerOf(pfn)}");
            else if (m[page.Mapcount] != uint.MaxValue) Report(judge, moment.Cpu, pfn, page.Mapcount.Index, PageType.HasType(m[page.Type]) ? "page_type" : "_mapcount", "-1", $"{m[page.Mapcount]:x}");
            else if (m[page.Refcount] != 0) Report(judge, moment.Cpu, pfn, page.Refcount.Index, "_refcount", "0", $"{(int)m[page.Refcount]}");
            else if (m[page.Mapping] != 0) Report(judge, moment.Cpu, pfn, page.Mapping.Low.Index, "mapping", "0", $"{m[page.Mapping]:x}");
            else if (m[page.MemcgData] != 0) Report(judge, moment.Cpu, pfn, page.MemcgData.Low.Index, "memcg_data", "0", $"{m[page.MemcgData]:x}");
            else if ((m[page.Flags] & PageFlag.CheckAtPrep) != 0) Report(judge, moment.Cpu, pfn, page.Flags.Low.Index, "flags", "0", $"{m[page.Flags] & PageFlag.AllFlags:x}"); // hwpoison: I52
            else if (m[page.Private] != 0) Report(judge, moment.Cpu, pfn, page.Private.Low.Index, "private", "0", $"{m[page.Private]:x}");
            else continue;
            return;
        }
    }

    private void Report(Judge judge, Cpu cpu, int pfn, int location, string field, string expected, string found) =>
        judge.Violate(this, cpu, pfn, location, field, expected, found, $"page {pfn} is handed out with {field} {found}");
}

/// <summary>I12.</summary>
public sealed class FreedObjectsHaveNoHolders : Invariant
{
    public override string Id => "I12";
    public override string Statement => "at free the refcount is 0 and nobody holds a reference, a mapping or a pin";
    public override When When => When.Free;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "nonzero _refcount, nonzero mapcount, nonzero pincount";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.BeginFree, MomentKind.FreeCheck];

    public override void On(Judge judge, in Moment moment)
    {
        if (moment.Object == Ghost.NoObject) return;
        ref GhostObject o = ref judge.Ghost[moment.Object];
        var head = new Page(o.Head);
        uint count = judge.Memory[head.Refcount];
        string? what = count != 0 ? $"_refcount {(int)count}"
            : o.Pins != 0 ? $"{o.Pins} pins"
            : o.PteMaps + o.PmdMaps != 0 ? $"{o.PteMaps + o.PmdMaps} mappings"
            : o.ExpectedRefs != 0 ? $"{o.ExpectedRefs} references" : null;
        if (what is null) return;
        judge.Violate(this, moment.Cpu, o.Head, head.Refcount.Index, "_refcount", "no holder", what,
            $"the {o.Kind} at page {o.Head} is freed while it has {what} (threads {o.ThreadRefs}, page tables {o.PteRefs}, pins {o.Pins})");
    }
}

/// <summary>I13: type aware, for the fields exist in folios only once CMP separates them.</summary>
public sealed class FreedFolioCountersAreZero : Invariant
{
    public override string Id => "I13";
    public override string Statement => "at free the folio's large mapcount, nr_pages_mapped, entire mapcount, pincount and mm slots are empty, and it is on no deferred list";
    public override When When => When.Free;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "nonzero large_mapcount, nonzero nr_pages_mapped, nonzero mm mapcount 0/1, nonzero entire_mapcount, nonzero pincount, on deferred list";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.FreeCheck];

    public override void On(Judge judge, in Moment moment)
    {
        if (moment.Object == Ghost.NoObject) return;
        ref GhostObject o = ref judge.Ghost[moment.Object];
        MemMap m = judge.Memory;
        for (int i = 0; i < o.Pages; i++)
        {
            var page = new Page(o.Head + i);
            uint count = m[page.Mapcount];
            if (count == uint.MaxValue || PageType.HasType(count)) continue;
            Report(judge, moment.Cpu, o, page.Mapcount.Index, "_mapcount", "-1", $"{(int)count}");
            return;
        }
        if (!o.IsCompound) return;
        var f = new Folio(o.Head);
        if (judge.Policy.SeparatesFolios && !o.Rmappable)
        {
            if (judge.Policy.KeepsPincount && m[f.Pincount] != 0) Report(judge, moment.Cpu, o, f.Pincount.Index, "_pincount", "0", $"{(int)m[f.Pincount]}");
            return;
        }
        if (m[f.LargeMapcount] != uint.MaxValue) Report(judge, moment.Cpu, o, f.LargeMapcount.Index, "_large_mapcount", "-1", $"{(int)m[f.LargeMapcount]}");
        else if (m[f.NrPagesMapped] != 0) Report(judge, moment.Cpu, o, f.NrPagesMapped.Index, "_nr_pages_mapped", "0", $"{m[f.NrPagesMapped]:x}");
        else if (m[f.EntireMapcount] != uint.MaxValue) Report(judge, moment.Cpu, o, f.EntireMapcount.Index, "_entire_mapcount", "-1", $"{(int)m[f.EntireMapcount]}");
        else if (m[f.Pincount] != 0) Report(judge, moment.Cpu, o, f.Pincount.Index, "_pincount", "0", $"{(int)m[f.Pincount]}");
        else if (m[f.MmIdMapcount] != ulong.MaxValue) Report(judge, moment.Cpu, o, f.MmIdMapcount.Low.Index, "_mm_id_mapcount", "-1, -1", $"{m[f.MmIdMapcount]:x}");
        else if (o.Queued) Report(judge, moment.Cpu, o, f.DeferredList.Low.Index, "_deferred_list", "not queued", "queued");
        else if (o.Order > 1 && m[f.DeferredList] != m.AddressOf(f.DeferredList)) Report(judge, moment.Cpu, o, f.DeferredList.Low.Index, "_deferred_list", "empty", $"{m[f.DeferredList]:x}");
    }

    private void Report(Judge judge, Cpu cpu, in GhostObject o, int location, string field, string expected, string found) =>
        judge.Violate(this, cpu, location / Layout.HalvesPerPage, location, field, expected, found,
            $"the {o.Kind} at page {o.Head} (order {o.Order}) is freed with {field} {found}");
}

/// <summary>I14: the judge asks only where a pointer with a life is used, so a raised moment is a violation.</summary>
public sealed class NoUseAfterFree : Invariant
{
    public override string Id => "I14";
    public override string Statement => "no thread uses a page pointer whose page has changed owner since, but for the permitted speculative reads";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "none for struct page";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.Deref, MomentKind.MappingDeref];

    public override void On(Judge judge, in Moment moment)
    {
        if (moment.Kind == MomentKind.MappingDeref)
        {
            if (PageCache.MappingOf(moment.A) < 0)
                judge.Violate(this, moment.Cpu, moment.Pfn, new Page(moment.Pfn).Mapping.Low.Index, "mapping", "an address_space", $"{moment.A:x}",
                    $"mapping->flags of the folio at page {moment.Pfn} is read and mapping is {(moment.A == 0 ? "NULL" : $"{moment.A:x}")}: it was truncated, or never was a file's");
            return;
        }
        judge.Violate(this, moment.Cpu, moment.Pfn, new Page(moment.Pfn).Info.Low.Index, "page pointer", $"generation {moment.A}", $"generation {judge.Ghost.LifeOf(moment.Pfn)}, {judge.Ghost.OwnerOf(moment.Pfn)}",
            $"page {moment.Pfn} is used through a pointer from before it changed owner; it belongs to {judge.Ghost.OwnerOf(moment.Pfn)} now");
    }
}

/// <summary>I16: <see cref="Judge.OwnerClash"/> reports a takeover at the step; the audit compares the real lists.</summary>
public sealed class OwnersPartitionTheSection : Invariant
{
    public override string Id => "I16";
    public override string Statement => "buddy lists, per-CPU lists, driver free lists and live objects partition the section";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "none";

    public override void AuditMachine(Judge judge)
    {
        KernelMachine machine = judge.Machine;
        int listed = 0, owned = 0;
        for (int order = 0; order <= Geometry.MaxOrder; order++)
        {
            listed += CountList(judge, machine.Cells.FreeArea(order), order, Owner.Buddy);
            listed += CountList(judge, machine.Cells.IsolatedArea(order), order, Owner.Buddy);
            if (order >= Geometry.PcpOrders) continue;
            for (int cpu = 0; cpu < machine.Cpus.Length; cpu++) listed += CountList(judge, machine.Cells.Pcp(cpu, order), order, Owner.Pcp);
        }
        for (int pfn = 0; pfn < machine.Arena.SystemPages; pfn++)
            if (judge.Ghost.OwnerOf(pfn) is Owner.Buddy or Owner.Pcp) owned++;
        if (listed != owned && judge.First is null)
            judge.Violate(this, null, -1, -1, "free lists", $"{owned} free pages", $"{listed} pages on the lists",
                $"the buddy and per-CPU lists hold {listed} pages, {owned} pages are free");
        if (judge.Policy.Allocator == Allocator.Lifo && machine.Driver.Carved && !machine.Driver.Closed) AuditDriver(judge);
    }

    /// <summary>ALLOCATOR=LIFO: the driver's two lists, through the pages.</summary>
    private void AuditDriver(Judge judge)
    {
        KernelMachine machine = judge.Machine;
        int first = machine.Geometry.DeviceBase, end = first + machine.Arena.DevicePages, listed = 0, free = 0;
        for (int list = 0; list < 2; list++)
            for (int pfn = judge.Memory.PfnAt(judge.Memory[new Word(machine.Cells.DriverHeads.Index + list)]); pfn >= first && pfn < end && listed <= end - first;)
            {
                listed += list == 0 ? 1 : 1 << machine.Driver.LargeOrder;
                pfn = judge.Memory.PfnAt(judge.Memory[new Page(pfn).ZoneDeviceData]);
            }
        for (int pfn = first; pfn < end; pfn++)
            if (judge.Ghost.OwnerOf(pfn) == Owner.DevFree) free++;
        if (listed == free || judge.First is not null) return;
        judge.Violate(this, null, -1, machine.Cells.DriverHeads.Low.Index, "driver lists", $"{free} free pages", $"{listed} pages on the lists",
            $"the driver's lists hold {listed} device pages, {free} are free");
    }

    private int CountList(Judge judge, Word head, int order, Owner owner)
    {
        // After a reset every list is empty.
        if (!judge.Memory.MayDiffer(head)) return 0;
        int count = 0;
        ulong end = judge.Memory.AddressOf(head);
        for (ulong at = judge.Memory[head]; at != end && judge.First is null;)
        {
            int pfn = judge.Memory.PfnAt(at);
            if (pfn < 0 || count > judge.Machine.Arena.SystemPages)
            {
                judge.Violate(this, null, pfn, head.Low.Index, "lru.next", "a page of the list", $"{at:x}", $"the free list of order {order} leads to {at:x}");
                break;
            }
            if (judge.Ghost.OwnerOf(pfn) != owner)
                judge.Violate(this, null, pfn, new Page(pfn).Info.Low.Index, "lru", $"{owner}", $"{judge.Ghost.OwnerOf(pfn)}", $"page {pfn} is on a free list of order {order} and belongs to {judge.Ghost.OwnerOf(pfn)}");
            count += 1 << order;
            at = judge.Memory[new Page(pfn).Info];
        }
        return count;
    }
}

/// <summary>I17.</summary>
public sealed class BuddyBlocksAreWellFormed : Invariant
{
    public override string Id => "I17";
    public override string Statement => "a free block has type buddy on its head only, private == order, is aligned and unreferenced, and its buddy of the same order is not free";
    public override When When => When.Quiescent;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "PageBuddy checks";

    public override void AuditMachine(Judge judge)
    {
        KernelMachine machine = judge.Machine;
        for (int order = 0; order <= Geometry.MaxOrder; order++)
        {
            Word head = machine.Cells.FreeArea(order);
            ulong end = judge.Memory.AddressOf(head);
            for (ulong at = judge.Memory[head]; at != end && judge.First is null; at = judge.Memory[new Page(judge.Memory.PfnAt(at)).Info])
            {
                int pfn = judge.Memory.PfnAt(at);
                if (pfn < 0) return; // I16 reports it
                CheckBlock(judge, pfn, order);
            }
        }
    }

    private void CheckBlock(Judge judge, int pfn, int order)
    {
        MemMap m = judge.Memory;
        var page = new Page(pfn);
        int buddy = pfn ^ (1 << order);
        bool buddyFree = order < judge.Machine.Arena.LargestBlock && buddy < judge.Machine.Arena.SystemPages
            && PageType.Is(m[new Page(buddy).Type], PageType.Buddy) && m[new Page(buddy).Private] == (ulong)order;
        string? wrong = !PageType.Is(m[page.Type], PageType.Buddy) ? "has no type buddy"
            : m[page.Private] != (ulong)order ? $"has private {m[page.Private]}"
            : (pfn & ((1 << order) - 1)) != 0 ? "is not aligned"
            : buddyFree ? $"is free and so is its buddy {buddy}" : null;
        for (int i = 0; i < 1 << order && wrong is null; i++)
        {
            var each = new Page(pfn + i);
            if (m[each.Refcount] != 0) wrong = $"has references on page {pfn + i}";
            else if (i > 0 && m[each.Type] != PageType.None) wrong = $"has a type on page {pfn + i}";
        }
        if (wrong is not null)
            judge.Violate(this, null, pfn, page.Type.Index, "page_type", $"a free block of order {order}", wrong, $"the free block at page {pfn}, order {order}, {wrong}");
    }
}

/// <summary>
/// I18: judged after the teardown, when everything was given back; and at once where the kernel's own checks leak a block that
/// no other invariant finds fault with.
/// </summary>
public sealed class FreedPagesReachAList : Invariant
{
    public override string Id => "I18";
    public override string Statement => "every page of a freed object reaches a free list exactly once";
    public override When When => When.Free;
    public override Severity Severity => Severity.Leak;
    public override string Mirror => "page accounting, bad_page";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.BadPage];

    public override void On(Judge judge, in Moment moment)
    {
        var folio = new Folio(moment.Pfn);
        bool large = moment.A > 0;
        judge.Violate(this, moment.Cpu, moment.Pfn, (large ? folio.Second.Mapping : folio.Flags).Low.Index, large ? "mapping" : "flags",
            "a block that passes the checks at free", judge.KernelSaid(moment.Cpu) ?? "bad_page", $"the block at page {moment.Pfn}, order {moment.A}, is leaked: {judge.KernelSaid(moment.Cpu)}");
    }

    public override void AuditEmpty(Judge judge)
    {
        KernelMachine machine = judge.Machine;
        for (int pfn = 0; pfn < machine.Arena.SystemPages; pfn++)
            if (judge.Ghost.OwnerOf(pfn) is not (Owner.Buddy or Owner.Pcp)) { Report(judge, pfn); return; }
        int device = machine.Geometry.DeviceBase;
        for (int pfn = device; pfn < device + machine.Arena.DevicePages; pfn++)
            if (judge.Ghost.OwnerOf(pfn) != Owner.DevFree) { Report(judge, pfn); return; }
    }

    private void Report(Judge judge, int pfn)
    {
        int id = judge.Ghost.ObjectOf(pfn);
        var page = new Page(id == Ghost.NoObject ? pfn : judge.Ghost[id].Head);
        judge.Violate(this, null, pfn, page.Refcount.Index, "_refcount", "a free page", $"{judge.Ghost.OwnerOf(pfn)}, _refcount {(int)judge.Memory[page.Refcount]}",
            $"page {pfn} is leaked: everything was given back and it still belongs to {judge.Ghost.OwnerOf(pfn)}");
    }
}

/// <summary>I19.</summary>
public sealed class PageTypesMatchOwners : Invariant
{
    public override string Id => "I19";
    public override string Statement => "a page_type is that of the page's owner, and _mapcount operations never hit a typed word";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "__SetPage* VM_BUG_ON, folio_mapcount type filter";
    public override ushort Reads => Halves.Mapcount;

    public override (ulong Mask, ulong Value) Quiet(int word, Situation at) => (uint.MaxValue, uint.MaxValue);

    public override void PageWritten(Judge judge, Cpu cpu, int pfn)
    {
        uint value = judge.Memory[new Page(pfn).Type];
        if (value == uint.MaxValue) return;
        int id = judge.Ghost.ObjectOf(pfn);
        Owner owner = id == Ghost.NoObject ? judge.Ghost.OwnerOf(pfn) : judge.Ghost[id].Kind;
        bool fits = !PageType.HasType(value)
            ? (int)value >= 0 && id != Ghost.NoObject && owner is Owner.Small or Owner.Folio or Owner.DevFolio or Owner.Compound
            : (value & 0xff00_0000) switch
            {
                _ when (value & 0x00ff_ffff) != 0 => false,
                PageType.Buddy => owner is Owner.Buddy or Owner.IsolatedFree,
                PageType.Slab => owner == Owner.Slab,
                PageType.LargeKmalloc => owner == Owner.LargeKmalloc,
                PageType.NotRmappable => judge.Policy.TypesPages && id != Ghost.NoObject && !(judge.Ghost[id].Rmappable && judge.Ghost[id].Phase == Phase.Live),
                PageType.Hugetlb => owner == Owner.Hugetlb,
                PageType.Table => owner == Owner.PageTable,
                _ => false,
            };
        if (fits) return;
        bool typed = PageType.HasType(value);
        judge.Violate(this, cpu, pfn, new Page(pfn).Type.Index, typed ? "page_type" : "_mapcount", typed ? $"the type of {owner}" : "-1", $"{value:x}",
            $"page {pfn} belongs to {owner} and its offset-48 word reads {value:x}");
    }
}

/// <summary>I20: free pages, slabs and pages frozen for a split.</summary>
public sealed class FrozenStaysZero : Invariant
{
    public override string Id => "I20";
    public override string Statement => "while an owner keeps a page frozen its refcount stays 0";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "WARN_ON refcount in unqueue, VM_BUG_ON in hugetlb";
    public override ushort Reads => Halves.Refcount;
    public override bool Concerns(Situation at) => at.Kept || (at.State & (PageStates.NoObject | PageStates.Frozen | PageStates.Freeing)) != 0;

    public override (ulong Mask, ulong Value) Quiet(int word, Situation at) => (Layout.RefcountBits, 0);

    public override void PageWritten(Judge judge, Cpu cpu, int pfn)
    {
        uint count = judge.Memory[new Page(pfn).Refcount];
        if (count == 0) return;
        int id = judge.Ghost.ObjectOf(pfn);
        Owner owner = judge.Ghost.OwnerOf(pfn);
        bool frozen = id == Ghost.NoObject
            ? owner is not (Owner.Hole or Owner.HwpTaken)
            : judge.Ghost[id].FrozenOwner || judge.Ghost[id].Phase is Phase.Frozen or Phase.Freeing;
        if (!frozen) return;
        string whose = id == Ghost.NoObject ? $"{owner}" : $"{judge.Ghost[id].Kind}, {judge.Ghost[id].Phase}";
        judge.Violate(this, cpu, pfn, new Page(pfn).Refcount.Index, "_refcount", "0 (frozen)", $"{(int)count}",
            $"page {pfn} is frozen ({whose}) and its refcount became {(int)count}");
    }
}
