namespace StressFarm.Kernel.Protocols;

/// <summary>
/// GUP under the page table lock (spec 3.9; <c>mm/gup.c:follow_page_pte</c>, <c>follow_huge_pmd</c>). Where the kernel would
/// fault a page in or wait for a migration entry, it gives up.
/// </summary>
public static class GupSlow
{
    /// <summary>As <see cref="GupFast.Range"/>.</summary>
    public static async Op<PageRange> Range(Cpu cpu, int mm, int slot, int n, GupFlags flags)
    {
        var got = new PageRange(-1, 0);
        while (got.Count < n && slot + got.Count < Geometry.SlotsPerMm)
        {
            int next = got.Count == 0 ? -1 : got.Pfn + got.Count;
            int pfn = await OnePage(cpu, mm, slot + got.Count, next, flags);
            if (pfn < 0) break;
            got = new PageRange(got.Count == 0 ? pfn : got.Pfn, got.Count + 1);
        }
        return got;
    }

    private static async Op<int> OnePage(Cpu cpu, int mm, int slot, int wanted, GupFlags flags)
    {
        int table = AnonMemory.TableOf(cpu, slot);
        await cpu.Lock(cpu.Cells.Ptl(mm, table), Step.PtlLock);
        int pfn = await FollowPage(cpu, mm, table, slot, wanted, flags);
        if (pfn >= 0 && (flags & GupFlags.Pin) != 0) cpu.Ghost.PinPages(pfn, 1, 1);
        if (pfn >= 0)
            cpu.Tell(MomentKind.GupDone, pfn, (ulong)(mm * 65536 + slot), MappedPages.MapsNow(cpu.Machine, mm, slot, pfn) ? 1UL : 0);
        await cpu.Unlock(cpu.Cells.Ptl(mm, table), Step.PtlUnlock);
        return pfn;
    }

    private static async Op<int> FollowPage(Cpu cpu, int mm, int table, int slot, int wanted, GupFlags flags)
    {
        var entry = new PageTableEntry(await cpu.Load(cpu.Cells.Pmd(mm, table), Step.GupSlow));
        int pfn = entry.Pfn + (slot & ((1 << cpu.Machine.Arena.PmdOrder) - 1));
        if (entry.IsNone)
        {
            entry = new PageTableEntry(await cpu.Load(cpu.Cells.Pte(mm, slot), Step.GupSlow));
            pfn = entry.Pfn;
        }
        if (!entry.IsPresent || entry.IsSpecial || (!entry.IsWrite && (flags & GupFlags.Write) != 0)) return -1;
        if (wanted >= 0 && pfn != wanted) return -1;
        Page page = cpu.PfnToPage(pfn); // mapped, under the lock
        int head = await CompoundPages.PageFolio(cpu, page, Step.GupSlow);
        if (head < 0) return -1;
        Folio folio = cpu.PfnFolio(head);
        bool anon = (await cpu.Load(folio.Head.Mapping, Step.GupSlow) & Layout.MappingAnon) != 0;
        bool unshare = !entry.IsWrite && anon && (flags & GupFlags.Pin) != 0;
        if (unshare && (await cpu.Load(page.Flags, Step.GupSlow) & PageFlag.AnonExclusive) == 0) return -1;
        if (await TryGrabFolio(cpu, page, folio, flags)) return pfn;
        cpu.Tell(MomentKind.GrabFailed, folio.Pfn);
        return -1;
    }

    /// <summary><c>try_grab_folio</c>: the mapping's reference is there, so a plain add.</summary>
    private static async Op<bool> TryGrabFolio(Cpu cpu, Page page, Folio folio, GupFlags flags)
    {
        // Z08: the fast path's helper asks what is not asked here, and gives up where the caller cannot.
        if (cpu.Policy.Has(Deviation.GupSlowFastHelper) && (flags & GupFlags.LongTerm) != 0
            && !await GupPins.IsLongTermPinnable(cpu, page, Step.G4)) return false;
        bool pin = (flags & GupFlags.Pin) != 0;
        if ((int)await cpu.Load(folio.Refcount, Step.GupSlow) <= 0)
        {
            cpu.Printk("WARNING in try_grab_folio (folio_ref_count <= 0)");
            return false;
        }
        PinWay way = pin || cpu.Policy.Gup == Gup.Fail ? await GupPins.WayOf(cpu, folio, Step.GupSlow) : PinWay.RefsOnly;
        if (way == PinWay.Refused) return false;
        if (!pin)
        {
            await FolioReferences.Get(cpu, folio, 1, Step.GupSlow);
            return true;
        }
        if (way == PinWay.Bias)
        {
            await cpu.Add(folio.Refcount, Layout.PinBias, Step.GupSlowPin);
            cpu.Deref(folio);
            cpu.Ghost.Get(cpu, folio.Pfn);
            cpu.Ghost.Pin(cpu, folio.Pfn, 1, Layout.PinBias, 0);
            return true;
        }
        await FolioReferences.Get(cpu, folio, 1, Step.GupSlow);
        if (way == PinWay.Pincount) await cpu.Add(folio.Pincount, 1, Step.GupSlowPin);
        cpu.Ghost.Pin(cpu, folio.Pfn, 1, 1, way == PinWay.Pincount ? 1 : 0);
        return true;
    }
}
