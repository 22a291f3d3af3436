namespace StressFarm.Simulation.Invariants;

/// <summary>I42, INV-DF: promised by DPM=FREE_* only.</summary>
public sealed class FreeDevicePagesStandAlone : Invariant
{
    public override string Id => "I42";
    public override string Statement => "under DPM=FREE_* a free device page is a page of its own: word 8 is pgmap, no PG_head, no order bits";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "none";
    public override ushort Reads => Halves.Info | Halves.Flags;
    public override PageStates States => PageStates.NoObject;
    public override bool DeviceOnly => true;
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.DeviceFreed];

    public override bool Applies(Policy policy) => policy.Dpm is Dpm.FreeCore or Dpm.FreeDrv or Dpm.Dax;

    public override void PageWritten(Judge judge, Cpu cpu, int pfn)
    {
        if (judge.Ghost.OwnerOf(pfn) == Owner.DevFree && judge.Ghost.ObjectOf(pfn) == Ghost.NoObject) Check(judge, cpu, pfn);
    }

    public override void On(Judge judge, in Moment moment)
    {
        for (int pfn = moment.Pfn; pfn < moment.Pfn + (1 << (int)moment.A); pfn++) Check(judge, moment.Cpu, pfn);
    }

    private void Check(Judge judge, Cpu cpu, int pfn)
    {
        if (judge.Policy.Dpm is not (Dpm.FreeCore or Dpm.FreeDrv or Dpm.Dax)) return;
        var page = new Page(pfn);
        ulong info = judge.Memory[page.Info], flags = judge.Memory[page.Flags];
        if (info != Boot.PgmapAddress)
            judge.Violate(this, cpu, pfn, page.Info.Low.Index, "pgmap", $"{Boot.PgmapAddress:x}", $"{info:x}", $"word 8 of the free device page {pfn} is not its pgmap");
        else if ((flags & PageFlag.Head) != 0)
            judge.Violate(this, cpu, pfn, page.Flags.Low.Index, "flags", "no PG_head", "PG_head", $"the free device page {pfn} is still a head");
        else if ((flags & PageFlag.OrderMask) != 0)
            judge.Violate(this, cpu, pfn, page.Flags.Low.Index, "flags", "bits 0..7 clear", $"{flags & PageFlag.OrderMask:x}", $"the free device page {pfn} keeps {flags & PageFlag.OrderMask:x} in flag bits 0..7, where an order was");
    }
}

/// <summary>I42b: of every design, unlike I42.</summary>
public sealed class DeviceFoliosGoBackBare : Invariant
{
    public override string Id => "I42b";
    public override string Statement => "a device folio goes back to the driver charged to nobody, with no mapping, and none of its pages exclusive";
    public override When When => When.Free;
    public override Severity Severity => Severity.Leak;
    public override string Mirror => "page still charged to cgroup (system memory's)";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.DeviceGoesBack];

    public override void On(Judge judge, in Moment moment)
    {
        if (moment.Object == Ghost.NoObject) return;
        ref GhostObject o = ref judge.Ghost[moment.Object];
        MemMap m = judge.Memory;
        var head = new Page(o.Head);
        if (m[head.MemcgData] != 0)
            judge.Violate(this, moment.Cpu, o.Head, head.MemcgData.Low.Index, "memcg_data", "0", $"{m[head.MemcgData]:x}", $"the device folio at page {o.Head} is given back to the driver and is still charged");
        else if (m[head.Mapping] != 0)
            judge.Violate(this, moment.Cpu, o.Head, head.Mapping.Low.Index, "mapping", "0", $"{m[head.Mapping]:x}", $"the device folio at page {o.Head} is given back to the driver with mapping {m[head.Mapping]:x}");
        for (int pfn = o.Head; pfn < o.Head + o.Pages && judge.First is null; pfn++)
            if ((m[new Page(pfn).Flags] & PageFlag.AnonExclusive) != 0)
                judge.Violate(this, moment.Cpu, pfn, new Page(pfn).Flags.Low.Index, "flags", "no PG_anon_exclusive", "PG_anon_exclusive", $"page {pfn} of the device folio at {o.Head} is given back to the driver and is exclusive to a process");
    }
}

/// <summary>I43.</summary>
public sealed class HandedOutDeviceMemoryIsInitialised : Invariant
{
    public override string Id => "I43";
    public override string Statement => "a device folio handed out has pgmap on its head, no stale flag in bits 0..7, no type or mapcount, and its exact order";
    public override When When => When.HandOut;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "VM_WARN_ON in zone_device_page_init (partial)";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.ZinitDone];

    public override void On(Judge judge, in Moment moment)
    {
        int order = (int)moment.A, head = moment.Pfn;
        MemMap m = judge.Memory;
        for (int i = 0; i < 1 << order; i++)
        {
            var page = new Page(head + i);
            ulong info = m[page.Info], low = m[page.Flags] & 0xff;
            ulong allowed = i == 0 ? PageFlag.Locked | (order > 0 ? PageFlag.Head : 0) : 0;
            string? wrong = i == 0 && info != Boot.PgmapAddress
                    ? Report(judge, moment.Cpu, page, page.Info.Low, "pgmap", $"{Boot.PgmapAddress:x}", $"{info:x}{(CompoundPages.IsTail(info) ? " (a tail marker)" : "")}")
                : i == 1 && low != (ulong)order ? Report(judge, moment.Cpu, page, page.Flags.Low, "order", $"{order}", $"{low}")
                : i != 1 && (low & ~allowed) != 0 ? Report(judge, moment.Cpu, page, page.Flags.Low, "flags", $"nothing in bits 0..7 but {allowed:x}", $"{low:x}")
                : m[page.Mapcount] != uint.MaxValue ? Report(judge, moment.Cpu, page, page.Mapcount, "_mapcount", "-1", $"{m[page.Mapcount]:x}")
                : i == 1 && !judge.Policy.SeparatesFolios && m[page.MemcgData.Low] != 1u << order
                    ? Report(judge, moment.Cpu, page, page.MemcgData.Low, "_nr_pages", $"{1 << order}", $"{m[page.MemcgData.Low]}") : null;
            if (wrong is not null) return;
        }
    }

    private string Report(Judge judge, Cpu cpu, Page page, Half guilty, string field, string expected, string found)
    {
        judge.Violate(this, cpu, page.Pfn, guilty.Index, field, expected, found, $"device page {page.Pfn} is handed out with {field} {found}");
        return field;
    }
}

/// <summary>
/// I43b: judged where the design promises it, under ZFLAGS=CLEAR. v7.3 promises nothing of these bits, so its residue is
/// counted by <see cref="Residue"/> and never a violation.
/// </summary>
public sealed class HandedOutDeviceFlagsAreClean : Invariant
{
    public override string Id => "I43b";
    public override string Statement => "under ZFLAGS=CLEAR a device page is handed out without flag bits 8, 9 and 16 of a former page[1], and with private 0";
    public override When When => When.HandOut;
    public override Severity Severity => Severity.Wrong;
    public override string Mirror => "none";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.ZinitDone];

    public override void On(Judge judge, in Moment moment)
    {
        if (judge.Policy.ZFlags != ZFlags.Clear) return;
        for (int pfn = moment.Pfn; pfn < moment.Pfn + (1 << (int)moment.A); pfn++)
        {
            ulong residue = Residue(judge.Memory, pfn);
            // page[1].private holds the mm ids, which PREP has just written.
            bool ids = moment.A > 0 && pfn == moment.Pfn + 1;
            var page = new Page(pfn);
            if (residue != 0)
                judge.Violate(this, moment.Cpu, pfn, page.Flags.Low.Index, "flags", "bits 8, 9 and 16 clear", $"{residue:x}", $"device page {pfn} is handed out with flag bits {residue:x} of a former page[1]");
            else if (!ids && judge.Memory[page.Private] != 0)
                judge.Violate(this, moment.Cpu, pfn, page.Private.Low.Index, "private", "0", $"{judge.Memory[page.Private]:x}", $"device page {pfn} is handed out with a stale private");
            else continue;
            return;
        }
    }

    /// <summary>Flag bits 8, 9 and 16 of a page: has_hwpoisoned, large_rmappable and partially_mapped of a former page[1].</summary>
    public static ulong Residue(MemMap memory, int pfn) =>
        memory[new Page(pfn).Flags] & (PageFlag.HasHwpoisoned | PageFlag.LargeRmappable | PageFlag.PartiallyMapped);
}

/// <summary>I44.</summary>
public sealed class InitialisationStaysInItsRange : Invariant
{
    public override string Id => "I44";
    public override string Statement => "zone_device_page_init() writes no page that another object owns at or past its first reference, and concurrent ones have disjoint ranges";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "none";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.ZinitWrite];

    public override void On(Judge judge, in Moment moment)
    {
        if (moment.Object == Ghost.NoObject) return;
        ref GhostObject o = ref judge.Ghost[moment.Object];
        int first = (int)moment.A, order = (int)moment.B;
        if (o.Head == first && o.Order == order && o.PhaseCpu == moment.Cpu.Number) return;
        bool asked = moment.Pfn >= first && moment.Pfn < first + (1 << order);
        bool theirs = o.Phase is Phase.Live or Phase.Frozen or Phase.Freeing || (o.Phase == Phase.Allocating && o.ExpectedRefs > 0);
        if (!asked && !theirs) return;
        var page = new Page(moment.Pfn);
        judge.Violate(this, moment.Cpu, moment.Pfn, page.Flags.Low.Index, "page words", $"the {o.Kind} at {o.Head}, order {o.Order}, left alone", $"reset for a folio at {first}, order {order}",
            $"zone_device_page_init() for pages {first}..{first + (1 << order) - 1} rewrites page {moment.Pfn}, which belongs to the {o.Phase} folio at {o.Head} (order {o.Order}, {o.ExpectedRefs} references)");
    }
}

/// <summary>I45, INV-PF.</summary>
public sealed class StaleDeviceTailsMisleadNobody : Invariant
{
    public override string Id => "I45";
    public override string Statement => "no permitted reader obtains a folio through a stale device tail";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "none";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.DeviceGet];

    public override void On(Judge judge, in Moment moment)
    {
        int got = (int)moment.A, id = judge.Ghost.ObjectOf(got);
        if (id != Ghost.NoObject && judge.Ghost[id].Contains(moment.Pfn)) return;
        var page = new Page(moment.Pfn);
        judge.Violate(this, moment.Cpu, moment.Pfn, page.Info.Low.Index, "compound_info", $"a folio that holds page {moment.Pfn}", $"the folio at {got}",
            $"a reader looked up device page {moment.Pfn} ({judge.Ghost.OwnerOf(moment.Pfn)}) and got a reference of the folio at {got}, which does not hold it: word 8 is a stale tail's");
    }
}

/// <summary>I46.</summary>
public sealed class NothingIsReadAfterFolioFree : Invariant
{
    public override string Id => "I46";
    public override string Statement => "once ops->folio_free() has returned, the freeing operation reads no word of the folio";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "none";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.ReadAfterFolioFree];

    public override void On(Judge judge, in Moment moment)
    {
        var page = new Page(moment.Pfn);
        string found = moment.A == Boot.PgmapAddress ? "pgmap, still" : CompoundPages.IsTail(moment.A) ? $"a tail marker, {moment.A:x}" : $"{moment.A:x}";
        judge.Violate(this, moment.Cpu, moment.Pfn, page.Info.Low.Index, "pgmap", "not read", found,
            $"free_zone_device_folio() reads pgmap of page {moment.Pfn} after folio_free() gave the page away ({judge.Ghost.OwnerOf(moment.Pfn)}): it finds {found}");
    }
}

/// <summary>I47.</summary>
public sealed class DeviceMemoryIsAccountedAndEvictable : Invariant
{
    public override string Id => "I47";
    public override string Statement => "the pgmap reference counts the pages handed out, and an evicting walk meets every folio that lives unchanged through it exactly once";
    public override When When => When.Quiescent;
    public override Severity Severity => Severity.Leak;
    public override string Mirror => "WARN_ON percpu_ref_tryget_live";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.EvictDone, MomentKind.EvictTwice];

    public override void On(Judge judge, in Moment moment)
    {
        if (moment.Kind == MomentKind.EvictTwice)
        {
            judge.Violate(this, moment.Cpu, moment.Pfn, -1, "evict", "one visit", "two", $"migrate_device_range() meets the live folio at page {moment.Pfn} twice");
            return;
        }
        int first = (int)moment.A, end = first + (int)moment.B;
        for (int pfn = first; pfn < end; pfn++)
        {
            if (!EvictVisits.Missed(judge.Ghost, moment.Cpu, pfn)) continue;
            judge.Violate(this, moment.Cpu, pfn, new Page(pfn).Refcount.Index, "evict", "visited once", "not visited",
                $"migrate_device_range() over pages {first}..{end - 1} never looked at the folio at page {pfn} (order {judge.Ghost[judge.Ghost.ObjectOf(pfn)].Order}), which was live all along");
            return;
        }
    }

    public override void AuditMachine(Judge judge)
    {
        long handedOut = 0;
        for (int id = 0; id < judge.Ghost.ObjectCount; id++)
            if (judge.Ghost[id].IsDevice && !judge.Ghost[id].ShareLife && judge.Ghost[id].Phase != Phase.Dead) handedOut += judge.Ghost[id].Pages;
        Compare(judge, handedOut);
    }

    public override void AuditEmpty(Judge judge) => Compare(judge, 0);

    private void Compare(Judge judge, long handedOut)
    {
        Word count = judge.Machine.Cells.PgmapRef;
        long found = (long)judge.Memory[count];
        if (found == handedOut) return;
        judge.Violate(this, null, -1, count.Low.Index, "pgmap->ref", $"{handedOut}", $"{found}", $"pgmap->ref is {found} while {handedOut} device pages are handed out: memunmap_pages() would {(found > handedOut ? "wait for ever" : "not wait for them")}");
    }
}

/// <summary>I48: a page whose refcount is over 0 leads to a pgmap, directly or, a tail's way, through page_folio().</summary>
public sealed class PgmapIsReadable : Invariant
{
    public override string Id => "I48";
    public override string Statement => "a ZONE_DEVICE page with a reference always has a readable pgmap";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "none";
    public override ushort Reads => Halves.Info | Halves.Refcount;
    public override bool DeviceOnly => true;
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.PgmapRead];

    public override (ulong Mask, ulong Value) Quiet(int word, Situation at) => word == Layout.Counts ? (Layout.RefcountBits, 0UL) : Never;

    public override void PageWritten(Judge judge, Cpu cpu, int pfn)
    {
        if (pfn < judge.Machine.Geometry.DeviceBase) return;
        var page = new Page(pfn);
        if (judge.Memory[page.Refcount] == 0) return;
        int head = CompoundPages.HeadOf(judge.Policy, pfn, judge.Memory[page.Info]);
        ulong pgmap = head < 0 || head >= judge.Machine.Geometry.Pages ? 0 : judge.Memory[new Page(head).Pgmap];
        if (pgmap != Boot.PgmapAddress) Report(judge, cpu, pfn, pgmap);
    }

    public override void On(Judge judge, in Moment moment)
    {
        if (moment.A != Boot.PgmapAddress) Report(judge, moment.Cpu, moment.Pfn, moment.A);
    }

    private void Report(Judge judge, Cpu cpu, int pfn, ulong pgmap) =>
        judge.Violate(this, cpu, pfn, new Page(pfn).Info.Low.Index, "pgmap", $"{Boot.PgmapAddress:x}", $"{pgmap:x}",
            $"device page {pfn} ({judge.Ghost.OwnerOf(pfn)}) has references and its pgmap reads {pgmap:x}");
}
