namespace StressFarm.Kernel.Protocols;

/// <summary>The end of hugetlb and of memory failures: the shared table goes, the pools are emptied, and what failed is whole again.</summary>
public static class HugetlbTeardown
{
    public static async Op Run(Cpu cpu)
    {
        for (int mm = 0; mm < Geometry.MaxMms; mm++) await SharedPageTable.Unshare(cpu, mm);
        for (int hstate = 0; hstate < 2; hstate++)
            while (await HugetlbPool.Shrink(cpu, hstate)) { }
        for (int pfn = 0; pfn < cpu.Machine.Arena.SystemPages; pfn++)
            if (cpu.Ghost.OwnerOf(pfn) == Owner.HwpTaken || (cpu.Peek(new Page(pfn).Flags) & (PageFlag.HwPoison | PageFlag.HeldByPoison)) != 0) await MakeWhole(cpu, pfn);
        await cpu.Store(cpu.Cells.VmemmapFrames, 0, Step.HvoFrames);
    }

    /// <summary>unpoison_memory() where that is possible; a page that no reference keeps comes back as a reboot would bring it.</summary>
    private static async Op MakeWhole(Cpu cpu, int pfn)
    {
        var page = new Page(pfn);
        if (cpu.Ghost.ObjectOf(pfn) != Ghost.NoObject)
        {
            // A plain write of the flags word may have lost the bit since.
            await cpu.Or(page.Flags, PageFlag.HwPoison, Step.Unpoison);
            await PoisonRemoval.Unpoison(cpu, pfn);
            return;
        }
        await cpu.AndNot(page.Flags, PageFlag.HwPoison | PageFlag.HeldByPoison, Step.Unpoison);
        if (cpu.Ghost.OwnerOf(pfn) != Owner.HwpTaken) return;
        await cpu.Store(page.Private, 0, Step.Unpoison);
        cpu.Ghost.Transfer(cpu, pfn, 0, Owner.HwpTaken, Owner.IsolatedFree);
        await BuddyAllocator.FreeToZone(cpu, pfn, 0);
    }
}
