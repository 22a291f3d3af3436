namespace StressFarm.Simulation;

/// <summary>Where the page tables meet pages that are no folio: dimension MAP (spec 4.3).</summary>
public static class MappedPages
{
    /// <summary>
    /// Whether rmap accounts this page: always under MAP=TODAY; under MAP=SKIP only small pages and rmappable folios. The
    /// caller holds a reference or the page table lock over a mapping.
    /// </summary>
    public static async Op<bool> HasRmap(Cpu cpu, Folio folio, Page page, bool large)
    {
        if (cpu.Policy.Map != Map.Skip || !large) return true;
        return (await cpu.Load(folio.SecondFlags, Step.RmapAdd) & PageFlag.LargeRmappable) != 0;
    }
}
