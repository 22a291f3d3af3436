namespace StressFarm.Simulation.Tests;

/// <summary>PAGE_MAPCOUNT and MM_ID: what rmap keeps, and that the invariants hold it to that (I30 to I35).</summary>
public class MapcountDimensionTests
{
    private static readonly Policy s_noPageMapcount = new() { PageMapcount = PageMapcount.Off };
    private static readonly Policy s_noMmId = new() { MmId = MmId.Off };

    private static Stage Mapped(Policy policy, out Folio folio)
    {
        var stage = new Stage(policy);
        stage.Run(cpu => AnonMemory.Fault(cpu, 0, 0, 2, pmd: false));
        stage.Run(async cpu =>
        {
            await ForkCopy.AnonVmaFork(cpu, 1);
            for (int slot = 0; slot < 4; slot++) await ForkCopy.Slot(cpu, 0, 1, slot);
        });
        folio = new Folio(new PageTableEntry(stage.Memory[stage.Machine.Cells.Pte(0, 0)]).Pfn);
        return stage;
    }

    [Theory]
    [InlineData(PageMapcount.On, 1, 4u)]
    [InlineData(PageMapcount.Off, -1, 0u)]
    public void Pages_of_a_large_folio_count_or_do_not(PageMapcount value, int mapcount, uint nrMapped)
    {
        Stage stage = Mapped(new Policy { PageMapcount = value }, out Folio folio);
        Assert.Equal((mapcount, nrMapped, 7), ((int)stage.Memory[new Page(folio.Pfn + 1).Mapcount], stage.Memory[folio.NrPagesMapped], (int)stage.Memory[folio.LargeMapcount]));
        stage.Machine.Judge.Audit(whole: true);
        stage.Run(Teardown.Run);
        stage.Machine.Judge.AuditEmpty();
        stage.AssertClean();
    }

    /// <summary>Fewer mappings than pages: partially mapped, as far as the counters tell.</summary>
    [Fact]
    public void Without_page_mapcounts_a_partial_unmap_is_told_from_the_total()
    {
        var stage = new Stage(s_noPageMapcount);
        stage.Run(cpu => AnonMemory.Fault(cpu, 0, 0, 2, pmd: false)).Run(cpu => Zap.Slot(cpu, 0, 1));
        var folio = new Folio(new PageTableEntry(stage.Memory[stage.Machine.Cells.Pte(0, 0)]).Pfn);
        Assert.NotEqual(0UL, stage.Memory[folio.SecondFlags] & PageFlag.PartiallyMapped);
        stage.AssertClean();
    }

    [Fact]
    public void Without_mm_ids_the_slots_stay_empty()
    {
        Stage stage = Mapped(s_noMmId, out Folio folio);
        Assert.Equal((0UL, ulong.MaxValue, 7), (stage.Memory[folio.MmIds], stage.Memory[folio.MmIdMapcount], (int)stage.Memory[folio.LargeMapcount]));
        stage.Machine.Judge.Audit(whole: true);
        stage.AssertClean();
    }

    [Fact]
    public void I30_catches_a_page_that_counts_where_none_should()
    {
        Stage stage = Mapped(s_noPageMapcount, out Folio folio);
        stage.Vandalise(new Page(folio.Pfn + 1).Mapcount, 1);
        stage.Machine.Judge.Audit(whole: true);
        stage.AssertViolates("I30");
    }

    [Fact]
    public void I33_catches_mapped_pages_that_are_counted_where_none_should()
    {
        Stage stage = Mapped(s_noPageMapcount, out Folio folio);
        stage.Vandalise(folio.NrPagesMapped, 4);
        stage.Machine.Judge.Audit(whole: true);
        stage.AssertViolates("I33");
    }

    [Fact]
    public void I32_holds_without_mm_ids_too()
    {
        Stage stage = Mapped(s_noMmId, out Folio folio);
        stage.Vandalise(folio.LargeMapcount, 6);
        stage.Machine.Judge.Audit(whole: true);
        stage.AssertViolates("I32");
    }
}
