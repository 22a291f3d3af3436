namespace StressFarm.Kernel.Protocols;

/// <summary>Who allocated driver memory, which says how it is allocated, how it reaches page tables and how it is freed.</summary>
public enum DriverProducer : byte
{
    /// <summary><c>net/packet/af_packet.c</c>: __get_free_pages(__GFP_COMP), vm_insert_page() page by page.</summary>
    AfPacket,
    /// <summary><c>drivers/scsi/sg.c</c>: alloc_pages(__GFP_COMP), tails handed out one by one by ->fault.</summary>
    Sg,
    /// <summary><c>kernel/trace/ring_buffer.c</c>: alloc_pages_node(__GFP_COMP), vm_insert_pages().</summary>
    RingBuffer,
    /// <summary><c>io_uring/memmap.c</c>: a __GFP_COMP block, a folio under the RFC; vm_insert_pages(), freed by put_page().</summary>
    IoUring,
    /// <summary>The huge zero folio: a folio whose large_rmappable is cleared. Its mappings are special: no reference, no rmap.</summary>
    HugeZero,
    /// <summary>An order-0 driver page: alloc_page() and vm_insert_page().</summary>
    Plain,
}

/// <summary>
/// Driver memory in user page tables (spec 3.8): the producers of the site audit 4.1, <c>vm_insert_page(s)</c> and
/// <c>->fault</c> (<c>mm/memory.c</c>). I4, the mm counter, is percpu and no page metadata.
/// </summary>
public static class DriverMemory
{
    /// <summary>Allocates as the producer does. An empty handle when memory is out.</summary>
    public static async Op<Handle> Allocate(Cpu cpu, DriverProducer producer, int order)
    {
        order = OrderOf(cpu.Policy, producer, order);
        Alloc kind = KindOf(cpu.Policy, producer);
        Owner owner = order == 0 ? Owner.Small : kind == Alloc.Folio ? Owner.Folio : Owner.Compound;
        int pfn = await BuddyAllocator.AllocPages(cpu, order, kind, owner);
        if (pfn < 0) return default;
        int id = cpu.Ghost.ObjectOf(pfn);
        if (producer == DriverProducer.HugeZero && order > 0)
        {
            await cpu.AndNot(new Folio(pfn).SecondFlags, PageFlag.LargeRmappable, Step.HugeZero);
            if (cpu.Machine.Arena.HasHugetlb) await cpu.Store(cpu.Cells.HugeZeroFolio, (ulong)pfn + 1, Step.HugeZero);
            cpu.Ghost[id].Rmappable = false;
        }
        cpu.Ghost.Publish(cpu, id);
        return new Handle { Kind = HandleKind.DriverPages, Pfn = pfn, Life = cpu.Ghost.LifeOf(pfn), Order = order, Count = 1, Extra = (int)producer };
    }

    /// <summary>MAP=ORDER0: every driver allocates single pages, and one stands for its area.</summary>
    private static int OrderOf(Policy policy, DriverProducer producer, int order) =>
        producer == DriverProducer.Plain || (policy.Map == Map.Order0 && producer != DriverProducer.HugeZero) ? 0 : order;

    private static Alloc KindOf(Policy policy, DriverProducer producer) => producer switch
    {
        DriverProducer.HugeZero => Alloc.Folio,
        DriverProducer.IoUring when policy.SeparatesFolios => Alloc.Folio,
        DriverProducer.AfPacket when policy.Cmp == Cmp.RfcGfp => Alloc.Folio,
        DriverProducer.Plain => Alloc.Plain,
        _ => Alloc.Compound,
    };

    /// <summary>
    /// The driver gives its reference back: <c>__free_pages</c>, or <c>folio_put</c> for what the producer treats as a folio.
    /// Mappings may outlive it; then the last zap frees through <c>__folio_put</c>.
    /// </summary>
    public static async Op Free(Cpu cpu, Handle handle)
    {
        if (cpu.Policy.Map == Map.PfnMap) await PfnMapping.Revoke(cpu, handle.Pfn, 1 << handle.Order);
        bool huge = (DriverProducer)handle.Extra == DriverProducer.HugeZero && cpu.Machine.Arena.HasHugetlb;
        if (huge) await cpu.Store(cpu.Cells.HugeZeroFolio, 0, Step.HugeZero);
        if ((DriverProducer)handle.Extra is DriverProducer.IoUring or DriverProducer.HugeZero) await FolioReferences.Put(cpu, handle.Folio);
        else await BuddyAllocator.FreePages(cpu, handle.Page, handle.Order);
    }

    /// <summary>Maps <paramref name="count"/> pages of the handle from its page <paramref name="first"/> on, as the producer does.</summary>
    public static async Op MapPages(Cpu cpu, Handle handle, int mm, int slot, int first, int count)
    {
        first &= (1 << handle.Order) - 1;
        count = Math.Min(count, (1 << handle.Order) - first);
        var producer = (DriverProducer)handle.Extra;
        if (producer == DriverProducer.HugeZero) return;
        if (cpu.Policy.Map == Map.PfnMap)
        {
            for (int i = 0; i < count && slot + i < Geometry.SlotsPerMm; i++) await PfnMapping.Remap(cpu, mm, slot + i, handle.Pfn + first + i);
            return;
        }
        if (producer is DriverProducer.RingBuffer or DriverProducer.IoUring)
        {
            await VmInsertPages(cpu, handle, mm, slot, first, count);
            return;
        }
        for (int i = 0; i < count && slot + i < Geometry.SlotsPerMm; i++)
        {
            var page = new Page(handle.Pfn + first + i, handle.Life);
            if (producer == DriverProducer.Sg) await Fault(cpu, mm, slot + i, page);
            else await VmInsertPage(cpu, mm, slot + i, page);
        }
    }

    /// <summary><c>vm_insert_page</c>: I1..I6.</summary>
    public static async Op VmInsertPage(Cpu cpu, int mm, int slot, Page page)
    {
        if (!await Validate(cpu, page)) return;
        Word ptl = cpu.Cells.Ptl(mm, AnonMemory.TableOf(cpu, slot));
        await cpu.Lock(ptl, Step.I2);
        await InsertPageIntoPte(cpu, mm, slot, page);
        await cpu.Unlock(ptl, Step.I6);
    }

    /// <summary><c>vm_insert_pages</c>: one page table lock for a run of pages, each validated under it; stops at the first refusal.</summary>
    private static async Op VmInsertPages(Cpu cpu, Handle handle, int mm, int slot, int first, int count)
    {
        for (int i = 0; i < count && slot + i < Geometry.SlotsPerMm;)
        {
            int table = AnonMemory.TableOf(cpu, slot + i);
            Word ptl = cpu.Cells.Ptl(mm, table);
            await cpu.Lock(ptl, Step.I2);
            for (; i < count && AnonMemory.TableOf(cpu, slot + i) == table; i++)
            {
                var page = new Page(handle.Pfn + first + i, handle.Life);
                if (await Validate(cpu, page) && await InsertPageIntoPte(cpu, mm, slot + i, page)) continue;
                count = 0;
                break;
            }
            await cpu.Unlock(ptl, Step.I6);
        }
    }

    /// <summary>
    /// I1, <c>validate_page_before_insert</c>. The type test looks at the page and not at its folio: a tail of a typed
    /// compound passes (spec 1.4). MAP=VIP_FORBID adds a test of the head.
    /// </summary>
    private static async Op<bool> Validate(Cpu cpu, Page page)
    {
        int head = await CompoundPages.PageFolio(cpu, page, Step.I1);
        cpu.Deref(page);
        if (head < 0) return false;
        var folio = new Folio(head);
        if (await cpu.Load(folio.Refcount, Step.I1) == 0) return false;
        if ((await cpu.Load(folio.Head.Mapping, Step.I1) & Layout.MappingAnon) != 0) return false;
        uint type = await cpu.Load(page.Type, Step.I1);
        // MAP=SKIP has to let in what CMP=TYPE marks; as it is today every typed page is refused, but for tails.
        if (PageType.HasType(type) && !(cpu.Policy.Map == Map.Skip && PageType.Is(type, PageType.NotRmappable))) return false;
        if (cpu.Policy.Map != Map.VipForbid) return true;
        bool large = (await cpu.Load(folio.Flags, Step.I1) & PageFlag.Head) != 0;
        return !large || await MappedPages.IsRmappable(cpu, folio, Step.I1);
    }

    /// <summary>I2..I6 under the page table lock, <c>insert_page_into_pte_locked</c>: file rmap whatever the page is. False when an entry is there.</summary>
    private static async Op<bool> InsertPageIntoPte(Cpu cpu, int mm, int slot, Page page)
    {
        if (!await AnonMemory.RangeIsNone(cpu, mm, slot, 1)) return false;
        int head = await CompoundPages.PageFolio(cpu, page, Step.I3);
        if (head < 0) return false;
        Folio folio = cpu.PfnFolio(head);
        await FolioReferences.Get(cpu, folio, 1, Step.I3);
        bool large = (await cpu.Load(folio.Flags, Step.I5) & PageFlag.Head) != 0;
        if (await MappedPages.HasRmap(cpu, folio, large)) await Rmap.AddPtes(cpu, folio, page, 1, mm, large);
        await cpu.Store(cpu.Cells.Pte(mm, slot), PageTableEntry.Present(page.Pfn).Raw, Step.I6);
        cpu.Ghost.ThreadToPte(cpu, page.Pfn, 1);
        return true;
    }

    /// <summary>
    /// A fault that a driver's ->fault answers with <c>get_page(); vmf->page = page</c> (<c>sg_vma_fault</c>), then
    /// <c>__do_fault</c>, which locks the page, and <c>finish_fault</c> with <c>set_pte_range</c>. Nothing validates the page.
    /// </summary>
    public static async Op Fault(Cpu cpu, int mm, int slot, Page page)
    {
        int head = await CompoundPages.PageFolio(cpu, page, Step.FaultInsert);
        cpu.Deref(page);
        if (head < 0) return;
        Folio folio = cpu.PfnFolio(head);
        await FolioReferences.Get(cpu, folio, 1, Step.FaultInsert);
        await FolioReferences.Lock(cpu, folio, Step.FaultInsert);
        Word ptl = cpu.Cells.Ptl(mm, AnonMemory.TableOf(cpu, slot));
        await cpu.Lock(ptl, Step.PtlLock);
        bool none = await AnonMemory.RangeIsNone(cpu, mm, slot, 1);
        if (none)
        {
            bool large = (await cpu.Load(folio.Flags, Step.FaultInsert) & PageFlag.Head) != 0;
            if (await MappedPages.HasRmap(cpu, folio, large)) await Rmap.AddPtes(cpu, folio, page, 1, mm, large);
            await cpu.Store(cpu.Cells.Pte(mm, slot), PageTableEntry.Present(page.Pfn).Raw, Step.FaultInsert);
            cpu.Ghost.ThreadToPte(cpu, page.Pfn, 1);
        }
        await cpu.Unlock(ptl, Step.PtlUnlock);
        await FolioReferences.Unlock(cpu, folio, Step.FaultInsert);
        if (!none) await FolioReferences.Put(cpu, folio);
    }
}
