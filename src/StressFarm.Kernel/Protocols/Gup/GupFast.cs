namespace StressFarm.Kernel.Protocols;

/// <summary>What a grab came to: the folio's pfn, or -1.</summary>
public readonly record struct Grab(int Head)
{
    public static Grab None => new(-1);
    public bool Failed => Head < 0;
    public Folio Folio => new(Head);
}

/// <summary>
/// GUP-fast (spec 3.9; <c>mm/gup.c:gup_fast</c>): a lockless walk with IRQs off. G4 is asked with FOLL_LONGTERM alone.
/// </summary>
public static class GupFast
{
    /// <summary>
    /// Up to <paramref name="n"/> pages from <paramref name="slot"/> on, for as long as they are physically contiguous, so
    /// that a handle can describe what was got. Count 0 when the first failed, or a fork came between (FOLL_PIN).
    /// </summary>
    public static async Op<PageRange> Range(Cpu cpu, int mm, int slot, int n, GupFlags flags)
    {
        bool pin = (flags & GupFlags.Pin) != 0;
        Word seqp = cpu.Cells.WriteProtectSeqOf(mm);
        ulong seq = pin ? await cpu.Load(seqp, Step.GupSeq) : 0;
        if ((seq & 1) != 0) return default;
        cpu.IrqsOff = true;
        var got = new PageRange(-1, 0);
        bool mapped = true;
        while (got.Count < n && slot + got.Count < Geometry.SlotsPerMm)
        {
            int next = got.Count == 0 ? -1 : got.Pfn + got.Count;
            Leaf more = await Walk(cpu, mm, slot + got.Count, n - got.Count, next, flags);
            if (more.Count == 0) break;
            got = new PageRange(got.Count == 0 ? more.Pfn : got.Pfn, got.Count + more.Count);
            mapped &= more.Mapped;
        }
        cpu.IrqsOff = false;
        if (got.Count == 0) return default;
        if (pin && await cpu.Load(seqp, Step.GupSeq) != seq)
        {
            await GupPut.Unpin(cpu, got, Step.G7Undo); // gup_fast_unpin_user_pages()
            return default;
        }
        if (pin) cpu.Ghost.PinPages(got.Pfn, got.Count, 1);
        for (int i = 0; i < got.Count; i++)
            cpu.Tell(MomentKind.GupDone, got.Pfn + i, (ulong)(mm * 65536 + slot + i), mapped ? 1UL : 0);
        return got;
    }

    /// <summary>What one entry gave. <paramref name="Mapped"/>, for I28: the entry mapped the pages at an instant at which the reference existed.</summary>
    private readonly record struct Leaf(int Pfn, int Count, bool Mapped);

    /// <summary>
    /// One entry: G1, the choice of level, and G3..G9 for a PTE (one page) or a PMD leaf (what it covers from the slot on), as
    /// <c>gup_fast_pte_range</c> and <c>gup_fast_pmd_leaf</c> do.
    /// </summary>
    private static async Op<Leaf> Walk(Cpu cpu, int mm, int slot, int n, int wanted, GupFlags flags)
    {
        int table = AnonMemory.TableOf(cpu, slot);
        Word pmdp = cpu.Cells.Pmd(mm, table), entryp = pmdp;
        var pmd = new PageTableEntry(await cpu.Load(pmdp, Step.G1));
        int life = cpu.Ghost.TableLife(mm, table);
        PageTableEntry entry = pmd;
        bool huge = !pmd.IsNone;
        if (!huge)
        {
            entryp = cpu.Cells.Pte(mm, slot);
            entry = new PageTableEntry(await cpu.Load(entryp, Step.G1));
            TableRead(cpu, mm, table, life);
        }
        int first = huge ? slot & ((1 << cpu.Machine.Arena.PmdOrder) - 1) : 0, pfn = entry.Pfn + first;
        int refs = huge ? Math.Min(n, (1 << cpu.Machine.Arena.PmdOrder) - first) : 1;
        if (!Permits(entry, flags) || (wanted >= 0 && pfn != wanted)) return default;
        Leaf leaf = default;
        Grab grab = await TryGrabFolio(cpu, new Page(pfn), refs, flags);
        if (!grab.Failed)
        {
            bool mapped = cpu.Peek(pmdp) == pmd.Raw && cpu.Peek(entryp) == entry.Raw;
            bool keep = await cpu.Load(pmdp, Step.G7) == pmd.Raw && await cpu.Load(entryp, Step.G7) == entry.Raw;
            mapped |= cpu.Peek(pmdp) == pmd.Raw && cpu.Peek(entryp) == entry.Raw;
            if (keep)
            {
                bool anon = (await cpu.Load(grab.Folio.Head.Mapping, Step.G8) & Layout.MappingAnon) != 0;
                if (PageType.Is(cpu.Peek(grab.Folio.Head.Type), PageType.Slab)) cpu.Printk("WARNING in gup_fast_folio_allowed (slab)");
                bool unshare = !entry.IsWrite && anon && (flags & GupFlags.Pin) != 0;
                keep = !unshare || (await cpu.Load(new Page(pfn).Flags, Step.G9) & PageFlag.AnonExclusive) != 0;
            }
            if (keep) leaf = new Leaf(pfn, refs, mapped);
            else await GupPut.Folio(cpu, grab.Folio, refs, flags, Step.G7Undo);
        }
        if (!huge) TableRead(cpu, mm, table, life);
        return leaf;
    }

    /// <summary>An entry of the table was read: it must be the one that the walk met.</summary>
    private static void TableRead(Cpu cpu, int mm, int table, int life)
    {
        if (cpu.Ghost.TableLife(mm, table) != life) cpu.TellOfNone(MomentKind.FreedTableRead, -1, (ulong)mm, (ulong)table);
    }

    private static bool Permits(PageTableEntry entry, GupFlags flags) =>
        entry.IsPresent && !entry.IsSpecial && (entry.IsWrite || (flags & GupFlags.Write) == 0);

    /// <summary><c>try_grab_folio_fast</c>: G3, G5, G6.</summary>
    private static async Op<Grab> TryGrabFolio(Cpu cpu, Page page, int refs, GupFlags flags)
    {
        bool pin = (flags & GupFlags.Pin) != 0;
        bool early = cpu.Policy.Gup == Gup.Fail && cpu.Policy.Has(Deviation.GupPredicateBeforeRef);
        int life = 0;
        if (early)
        {
            int guess = await CompoundPages.PageFolio(cpu, page, Step.G2);
            if (guess < 0 || await GupPins.WayOf(cpu, new Folio(guess), Step.G2) == PinWay.Refused) return Grab.None;
            life = cpu.Ghost.LifeOf(page.Pfn); // what the answer was about
        }
        Grab grab = await TryGetFolio(cpu, page, refs, life);
        if (grab.Failed || (!pin && (early || cpu.Policy.Gup != Gup.Fail))) return grab;
        Folio folio = grab.Folio;
        if ((flags & GupFlags.LongTerm) != 0 && !await GupPins.IsLongTermPinnable(cpu, page, Step.G4))
        {
            await FolioReferences.Put(cpu, folio, refs, Step.G7Undo);
            return Grab.None;
        }
        PinWay way = await GupPins.WayOf(cpu, folio, Step.G5);
        if (way == PinWay.Refused && early) way = PinWay.Pincount; // asked already
        if (way == PinWay.Refused)
        {
            await FolioReferences.Put(cpu, folio, refs, Step.G7Undo);
            return Grab.None;
        }
        if (!pin) return grab;
        switch (way)
        {
            case PinWay.Pincount:
                await cpu.Add(folio.Pincount, refs, Step.G5);
                cpu.Ghost.Pin(cpu, folio.Pfn, refs, refs, refs);
                break;
            case PinWay.Bias:
                await cpu.Add(folio.Refcount, refs * (Layout.PinBias - 1), Step.G5);
                cpu.Ghost.Pin(cpu, folio.Pfn, refs, refs * Layout.PinBias, 0);
                break;
            default:
                cpu.Ghost.Pin(cpu, folio.Pfn, refs, refs, 0);
                break;
        }
        await cpu.Fence(FenceKind.Mb, Step.G6);
        return grab;
    }

    /// <summary><c>try_get_folio</c>: page_folio(), a reference unless there is none, page_folio() again.</summary>
    /// <param name="life">the generation the caller's knowledge is about, 0 for none: what I15 holds the success to</param>
    private static async Op<Grab> TryGetFolio(Cpu cpu, Page page, int refs, int life)
    {
        while (true)
        {
            int head = await CompoundPages.PageFolio(cpu, page, Step.G3);
            if (head < 0) return Grab.None;
            var folio = new Folio(head);
            if ((int)await cpu.Load(folio.Refcount, Step.G3) < 0)
            {
                cpu.Printk("WARNING in try_get_folio (folio_ref_count < 0)");
                return Grab.None;
            }
            if (!await FolioReferences.TryGet(cpu, folio.Head, refs, Step.G3)) return Grab.None;
            if (await CompoundPages.PageFolio(cpu, page, Step.G3Recheck) != head)
            {
                await FolioReferences.Put(cpu, folio, refs, Step.G3Put);
                continue;
            }
            cpu.Tell(MomentKind.SpeculativeGet, page.Pfn, (ulong)head, (ulong)life);
            return new Grab(head);
        }
    }
}
