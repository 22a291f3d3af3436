namespace StressFarm.Kernel.Protocols;

/// <summary>Making compound pages (spec 3.2) and finding their heads (1.6).</summary>
public static class CompoundPages
{
    /// <summary>What <c>set_compound_head</c> stores into a tail's word 8 (<c>include/linux/page-flags.h</c>).</summary>
    public static ulong TailInfo(Policy policy, int head, int order) => policy.Enc == Enc.Mask
        ? (~0UL << (order + 6)) | 1
        : Layout.VmemmapBase + (ulong)head * 64 + 1;

    /// <summary>
    /// <c>_compound_head</c>: the pfn that a page's word 8 leads to: the page itself when bit 0 is clear; -1 for an address
    /// that is no struct page of the section. Nothing validates that the result is a head.
    /// </summary>
    public static int HeadOf(Policy policy, int pfn, ulong info)
    {
        if ((info & 1) == 0) return pfn;
        ulong address = policy.Enc == Enc.Mask ? (Layout.VmemmapBase + (ulong)pfn * 64) & info : info - 1;
        return address < Layout.VmemmapBase ? -1 : (int)Math.Min((address - Layout.VmemmapBase) / 64, int.MaxValue);
    }

    public static bool IsTail(ulong info) => (info & TailBit) != 0;
    /// <summary>The bit of word 8 that a tail marker has.</summary>
    public const ulong TailBit = 1;

    /// <summary>page_folio(): one read of word 8, then arithmetic. -1 for a wild result. Awaited as the one access it is, without a frame of its own.</summary>
    public static HeadAccess PageFolio(Cpu cpu, Page page, Step step) => new(cpu.Load(page.Info, step), page.Pfn);

    /// <summary>Awaits the pfn that a page's word 8 leads to.</summary>
    public readonly struct HeadAccess(WordAccess<Accesses.Load> load, int pfn) : IOpAwaiter
    {
        private readonly WordAccess<Accesses.Load> _load = load;
        private readonly int _pfn = pfn;
        public HeadAccess GetAwaiter() => this;
        public bool IsCompleted => _load.IsCompleted;

        public int GetResult()
        {
            Cpu cpu = Cpu.Of(_load.Cpu);
            int head = HeadOf(cpu.Policy, _pfn, _load.GetResult());
            return head < cpu.Machine.Geometry.Pages ? head : -1;
        }

        public static implicit operator Op<int>(HeadAccess access) => access.Alone();
        private async Op<int> Alone() => await this;
        public void Suspend(Frame frame) => _load.Suspend(frame);
        public FramePool Pool => _load.Pool;
        public void OnCompleted(Action continuation) => throw new NotSupportedException();
        public void UnsafeOnCompleted(Action continuation) => throw new NotSupportedException();
    }

    /// <summary>
    /// <c>mm/page_alloc.c:prep_compound_page</c>: C1..C8. Under CMP=RFC only C1, C2 and the order byte of C3.
    /// </summary>
    public static Op Prep(Cpu cpu, int pfn, int order) => Prep(cpu, pfn, order, 1 << order);

    /// <param name="pages">pages whose own words are written; the others are mapped to the shared tail frame later (hugetlb at boot)</param>
    public static async Op Prep(Cpu cpu, int pfn, int order, int pages)
    {
        var head = new Page(pfn);
        ulong flags = await cpu.Load(head.Flags, Step.C1);
        await cpu.Store(head.Flags, flags | PageFlag.Head, Step.C1);
        await PrepTails(cpu, pfn, order, pages);
        await SetOrder(cpu, pfn, order);
        if (!cpu.Policy.SeparatesFolios) await InitFolioFields(cpu, pfn, order);
        else if (cpu.Policy.KeepsPincount) await cpu.Store(new Folio(pfn).Pincount, 0, Step.C7);
    }

    /// <summary>C2: <c>mm/internal.h:prep_compound_tail</c> for each tail.</summary>
    private static async Op PrepTails(Cpu cpu, int pfn, int order, int pages)
    {
        ulong info = TailInfo(cpu.Policy, pfn, order);
        // Tails 1..3 carry folio fields: always stepped one by one.
        int exact = order <= cpu.Machine.Arena.ExactOrder ? pages : Math.Min(pages, 4);
        for (int i = 1; i < exact; i++)
        {
            var tail = new Page(pfn + i);
            await cpu.Store(tail.Mapping, Layout.TailMapping, Step.C2);
            await cpu.Store(tail.Info, info, Step.C2);
        }
        for (int first = exact; first < pages; first = (first | 63) + 1)
        {
            await cpu.Burst(new Page(pfn + first).Mapping, Step.C2);
            for (int i = first; i <= (first | 63) && i < pages; i++)
            {
                var tail = new Page(pfn + i);
                cpu.Poke(tail.Mapping, Layout.TailMapping);
                cpu.Poke(tail.Info, info);
            }
        }
    }

    /// <summary>C3, folio_set_order(): a non-atomic read-modify-write of page[1].flags; _nr_pages with it unless CMP=RFC.</summary>
    public static async Op SetOrder(Cpu cpu, int pfn, int order)
    {
        var folio = new Folio(pfn);
        if (cpu.Machine.OrderIsOneAccess)
        {
            await cpu.Burst(folio.SecondFlags, Step.C3);
            cpu.Poke(folio.SecondFlags, (cpu.Peek(folio.SecondFlags) & ~PageFlag.OrderMask) | (uint)order);
        }
        else
        {
            ulong second = await cpu.Load(folio.SecondFlags, Step.C3);
            await cpu.Store(folio.SecondFlags, (second & ~PageFlag.OrderMask) | (uint)order, Step.C3);
        }
        if (!cpu.Policy.SeparatesFolios || cpu.Policy.KeepsPincount) await cpu.Store(folio.NrPages, 1u << order, Step.C3);
    }

    /// <summary>C4..C8: the folio fields but for _nr_pages.</summary>
    private static async Op InitFolioFields(Cpu cpu, int pfn, int order)
    {
        var folio = new Folio(pfn);
        await cpu.Store(folio.LargeMapcount, uint.MaxValue, Step.C4);
        await cpu.Store(folio.NrPagesMapped, 0, Step.C5);
        await cpu.Store(folio.MmIds, 0, Step.C6);
        await cpu.Store(folio.MmIdMapcount, ulong.MaxValue, Step.C6);
        await cpu.Store(folio.Pincount, 0, Step.C7);
        await cpu.Store(folio.EntireMapcount, uint.MaxValue, Step.C7);
        if (order <= 1) return;
        ulong self = cpu.Memory.AddressOf(folio.DeferredList);
        await cpu.Store(folio.DeferredList, self, Step.C8);
        await cpu.Store(new Word(folio.DeferredList.Index + 1), self, Step.C8);
    }

    /// <summary>
    /// <c>mm/internal.h:page_rmappable_folio</c>, A10: under MAIN it sets one flag; under RFC it first writes the eight;
    /// under TYPE the type goes last, of small folios too.
    /// </summary>
    public static async Op PageRmappableFolio(Cpu cpu, int pfn)
    {
        var folio = new Folio(pfn);
        ulong flags = await cpu.Load(folio.Flags, Step.A10);
        if ((flags & PageFlag.Head) == 0)
        {
            if (cpu.Policy.TypesPages) await cpu.Store(folio.Head.Type, PageType.None, Step.A10);
            return;
        }
        if (cpu.Policy.SeparatesFolios)
        {
            int order = (int)(await cpu.Load(folio.SecondFlags, Step.A10) & PageFlag.OrderMask);
            await cpu.Store(folio.NrPages, 1u << order, Step.A10);
            await InitFolioFields(cpu, pfn, order);
        }
        await cpu.Or(folio.SecondFlags, PageFlag.LargeRmappable, Step.A10);
        if (cpu.Policy.TypesPages) await cpu.Store(folio.Head.Type, PageType.None, Step.A10);
    }
}
