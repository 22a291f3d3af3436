namespace StressFarm.Kernel.Protocols;

/// <summary>folio_test_hugetlb(): whether a page heads a hugetlb folio, as whoever has no reference asks.</summary>
public static class HugetlbTest
{
    /// <summary>
    /// One read of the page type. Before Z17 it was two: PG_head, and bit 8 of page[1], where a folio that a split made of
    /// that page keeps PG_active.
    /// </summary>
    public static async Op<bool> IsHugetlb(Cpu cpu, int head, Step step)
    {
        bool hugetlb;
        if (cpu.Policy.HugetlbMark == HugetlbMark.Type) hugetlb = PageType.Is(await cpu.Load(new Page(head).Type, step), PageType.Hugetlb);
        else
            hugetlb = (await cpu.Load(new Page(head).Flags, step) & PageFlag.Head) != 0
                && (await cpu.Load(new Folio(head).SecondFlags, step) & PageFlag.HasHwpoisoned) != 0;
        if (hugetlb) cpu.Tell(MomentKind.TakenFor, head, (ulong)Owner.Hugetlb);
        return hugetlb;
    }

    /// <summary>__folio_set_hugetlb(), by the owner alone.</summary>
    internal static async Op Set(Cpu cpu, int head, Step step)
    {
        await cpu.Store(new Page(head).Type, PageType.Hugetlb, step);
        if (cpu.Policy.HugetlbMark == HugetlbMark.Flag) await cpu.Or(new Folio(head).SecondFlags, PageFlag.HasHwpoisoned, step);
    }

    /// <summary>__folio_clear_hugetlb(), under hugetlb_lock.</summary>
    internal static async Op Clear(Cpu cpu, int head, Step step)
    {
        if (cpu.Policy.HugetlbMark == HugetlbMark.Flag) await cpu.AndNot(new Folio(head).SecondFlags, PageFlag.HasHwpoisoned, step);
        await cpu.Store(new Page(head).Type, PageType.None, step);
        cpu.Tell(MomentKind.HugetlbCleared, head);
    }
}
