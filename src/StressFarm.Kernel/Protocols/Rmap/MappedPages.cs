namespace StressFarm.Kernel.Protocols;

/// <summary>Where the page tables meet pages that are no folio: dimension MAP (spec 4.3).</summary>
public static class MappedPages
{
    /// <summary>
    /// Whether rmap accounts this page when it is inserted, copied or zapped: always under MAP=TODAY, VIP_FORBID and ORDER0;
    /// under SKIP and VNF_FAIL only small pages and rmappable folios. The caller holds a reference, or the page table lock
    /// over a mapping.
    /// </summary>
    public static Op<bool> HasRmap(Cpu cpu, Folio folio, bool large)
    {
        if (cpu.Policy.Map is not (Map.Skip or Map.VnfFail) || !(large || cpu.Policy.TypesPages)) return new(true);
        return IsRmappable(cpu, folio, Step.RmapAdd);
    }

    /// <summary>
    /// vm_normal_folio() in a page table walker: true when it returns the folio. MAP=VNF_FAIL makes it return NULL for a
    /// compound page that is no rmappable folio; small pages cannot be told apart and pass.
    /// </summary>
    public static Op<bool> IsNormalFolio(Cpu cpu, Folio folio, bool large)
    {
        if (cpu.Policy.Map != Map.VnfFail || !(large || cpu.Policy.TypesPages)) return new(true);
        return IsRmappable(cpu, folio, Step.Zap);
    }

    /// <summary>page[1].large_rmappable, as kernel code reads it; under CMP=TYPE the head has no type.</summary>
    public static async Op<bool> IsRmappable(Cpu cpu, Folio folio, Step step) => cpu.Policy.TypesPages
        ? !PageType.HasType(await cpu.Load(folio.Head.Type, step))
        : (await cpu.Load(folio.SecondFlags, step) & PageFlag.LargeRmappable) != 0;

    /// <summary>Whether an entry maps this page at this slot now; without a step, for the judge.</summary>
    public static bool MapsNow(KernelMachine machine, int mm, int slot, int pfn)
    {
        var pmd = new PageTableEntry(machine.Memory[machine.Cells.Pmd(mm, slot >> machine.Arena.PmdOrder)]);
        if (pmd.IsPresent) return pmd.Pfn + (slot & ((1 << machine.Arena.PmdOrder) - 1)) == pfn;
        var pte = new PageTableEntry(machine.Memory[machine.Cells.Pte(mm, slot)]);
        return pte.IsPresent && pte.Pfn == pfn;
    }
}
