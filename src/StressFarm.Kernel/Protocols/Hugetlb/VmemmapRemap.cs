namespace StressFarm.Kernel.Protocols;

/// <summary>
/// HVO (spec 1.9; <c>mm/hugetlb_vmemmap.c</c>): all vmemmap pages of a hugetlb folio but the first are mapped read-only to
/// one shared frame of tails, and their own frames are free for others. A restore needs as many frames again; where they
/// come from is not modelled, only how many there are.
/// </summary>
public static class VmemmapRemap
{
    /// <summary>vmemmap pages that optimising a folio of this order gives up; 0 when it cannot be optimised.</summary>
    public static int SharedPages(Cpu cpu, int order)
    {
        // A pointer leads to one head only: the frame could not be shared (spec 1.6).
        if (cpu.Policy.Hvo == Hvo.Off || cpu.Policy.Enc != Enc.Mask) return 0;
        return Math.Max(0, (1 << Math.Max(0, order - cpu.Machine.Arena.VmemmapOrder)) - 1);
    }

    /// <summary>
    /// <c>__hugetlb_vmemmap_optimize_folio</c>: a grace period, the flag, then one entry of init_mm after the other. The head's
    /// own vmemmap page is copied and remapped too; as read these are two steps, and what is written between them is lost.
    /// </summary>
    public static async Op Optimize(Cpu cpu, Folio folio, int order)
    {
        int pages = SharedPages(cpu, order);
        if (pages == 0) return;
        if (cpu.Policy.Hvo == Hvo.RcuSync) await SynchronizeRcu(cpu);
        await cpu.Or(folio.HugetlbFlags, HugetlbFlag.VmemmapOptimized, Step.HvoFlag);
        if (cpu.Policy.HvoHead == HvoHead.Copied) await CopyAndRemapHead(cpu, folio);
        for (int i = 1; i <= pages; i++) await Share(cpu, folio, order, i);
        await cpu.Add(cpu.Cells.VmemmapFrames, pages, Step.HvoRemap);
    }

    /// <summary>synchronize_rcu(): waits for every read-side section that began before it.</summary>
    private static async Op SynchronizeRcu(Cpu cpu)
    {
        for (int i = 0; i < cpu.Machine.Arena.Cpus; i++)
        {
            if (i == cpu.Number) continue;
            Word reader = cpu.Cells.RcuReader(i);
            await cpu.Lock(reader, Step.HvoSync);
            await cpu.Unlock(reader, Step.HvoSync);
        }
    }

    /// <summary>The head's page: copy_page(), and later the entry that leads to the copy. Words of the first four pages are what can differ.</summary>
    private static async Op CopyAndRemapHead(Cpu cpu, Folio folio)
    {
        await cpu.Burst(folio.Flags, Step.HvoCopy);
        ulong flags = cpu.Peek(folio.Flags), poison = cpu.Peek(folio.HugetlbHwpoison), counts = cpu.Peek(folio.Head.Counts);
        await cpu.Burst(folio.Flags, Step.HvoRemap);
        cpu.Poke(folio.Flags, flags);
        cpu.Poke(folio.HugetlbHwpoison, poison);
        cpu.Poke(folio.Head.Counts, counts);
    }

    /// <summary><c>vmemmap_remap_pte</c>: from now on the struct pages of one vmemmap page are those of the shared frame, and read-only.</summary>
    private static async Op Share(Cpu cpu, Folio folio, int order, int page)
    {
        Arena arena = cpu.Machine.Arena;
        int vmemmap = (folio.Pfn >> arena.VmemmapOrder) + page, hstate = order == arena.HugeOrder ? 0 : 1;
        await cpu.Store(cpu.Cells.Vmemmap(vmemmap), (ulong)hstate + 1, Step.HvoRemap);
        int first = vmemmap << arena.VmemmapOrder;
        for (int pfn = first; pfn < first + (1 << arena.VmemmapOrder); pfn++)
            for (int word = 0; word < Layout.WordsPerPage; word++)
                cpu.Machine.Remap(cpu, new Word(pfn * Layout.WordsPerPage + word), TailWord(cpu.Policy, order, word));
        cpu.Machine.SharedVmemmap++;
    }

    /// <summary>A word of the shared tail frame (<c>mm/internal.h:init_compound_tail</c> with no head): the same for every folio of the order.</summary>
    public static ulong TailWord(Policy policy, int order, int word) => word switch
    {
        Layout.Flags => PageFlag.ZoneNormal,
        Layout.Info => CompoundPages.TailInfo(policy, 0, order),
        Layout.Mapping => Layout.TailMapping,
        Layout.Counts => uint.MaxValue,
        _ => 0,
    };

    /// <summary>
    /// <c>hugetlb_vmemmap_restore_folio</c>: frames, each with a copy of the shared one, take its place. False, nothing changed,
    /// when there are too few frames.
    /// </summary>
    public static async Op<bool> Restore(Cpu cpu, Folio folio, int order)
    {
        if ((await cpu.Load(folio.HugetlbFlags, Step.HvoRestore) & HugetlbFlag.VmemmapOptimized) == 0) return true;
        int pages = SharedPages(cpu, order);
        if ((long)await cpu.Add(cpu.Cells.VmemmapFrames, -pages, Step.HvoFrames) < 0)
        {
            await cpu.Add(cpu.Cells.VmemmapFrames, pages, Step.HvoFrames);
            return false;
        }
        int first = folio.Pfn >> cpu.Machine.Arena.VmemmapOrder;
        for (int i = 1; i <= pages; i++)
        {
            await cpu.Store(cpu.Cells.Vmemmap(first + i), 0, Step.HvoRestore);
            cpu.Machine.SharedVmemmap--;
        }
        await cpu.AndNot(folio.HugetlbFlags, HugetlbFlag.VmemmapOptimized, Step.HvoRestore);
        return true;
    }

    /// <summary>Somebody takes frames that a restore would need; how many it got.</summary>
    public static async Op<int> TakeFrames(Cpu cpu, int count)
    {
        Word frames = cpu.Cells.VmemmapFrames;
        if ((long)await cpu.Add(frames, -count, Step.HvoFrames) >= 0) return count;
        await cpu.Add(frames, count, Step.HvoFrames);
        return 0;
    }
}
