namespace StressFarm.Simulation.Tests;

/// <summary>Rmap accounting (spec 3.7) and its invariants, control first.</summary>
public class RmapTests
{
    private const ulong Shared = 1UL << 63;

    private static int FaultIn(Stage stage, int mm, int slot, int order, bool pmd = false)
    {
        stage.Run(cpu => AnonMemory.Fault(cpu, mm, slot, order, pmd));
        stage.AssertClean();
        Cells cells = stage.Machine.Cells;
        return new PageTableEntry(stage.Memory[pmd ? cells.Pmd(mm, slot >> 3) : cells.Pte(mm, slot)]).Pfn;
    }

    private static void Fork(Stage stage, int parent, int child, int slot, int count) => stage.Run(async cpu =>
    {
        for (int i = 0; i < count; i++) await ForkCopy.Slot(cpu, parent, child, slot + i);
    });

    private static void Zap(Stage stage, int mm, int slot, int count) => stage.Run(async cpu =>
    {
        for (int i = 0; i < count; i++) await Kernel.Protocols.Zap.Slot(cpu, mm, slot + i);
    });

    private static (uint Id0, uint Id1, int Count0, int Count1, bool Shared) Slots(Stage stage, int pfn)
    {
        ulong ids = stage.Memory[new Folio(pfn).MmIds], counts = stage.Memory[new Folio(pfn).MmIdMapcount];
        return ((uint)ids & 0x7fff_ffff, (uint)(ids >> 32) & 0x7fff_ffff, (int)counts, (int)(counts >> 32), (ids & Shared) != 0);
    }

    private static void AssertSound(Stage stage)
    {
        stage.Machine.Judge.Audit(whole: true);
        stage.AssertClean();
    }

    [Fact]
    public void A_new_folio_belongs_to_one_mm()
    {
        var stage = new Stage();
        Assert.Equal((1u, 0u, 3, -1, false), Slots(stage, FaultIn(stage, 0, 0, 2)));
        Assert.Equal((2u, 0u, 0, -1, false), Slots(stage, FaultIn(stage, 1, 8, 3, pmd: true)));
        AssertSound(stage);
    }

    [Fact]
    public void The_second_mm_makes_it_shared_and_the_last_exclusive_again()
    {
        var stage = new Stage();
        int pfn = FaultIn(stage, 0, 0, 2);
        Fork(stage, 0, 1, 0, 4);
        Assert.Equal((1u, 2u, 3, 3, true), Slots(stage, pfn));
        AssertSound(stage);
        Zap(stage, 0, 0, 4);
        Assert.Equal((0u, 2u, -1, 3, false), Slots(stage, pfn));
        AssertSound(stage);
        Zap(stage, 1, 0, 4);
        Assert.Equal(Ghost.NoObject, stage.Ghost.ObjectOf(pfn));
        AssertSound(stage);
    }

    /// <summary>A third mm finds no slot; when it takes one later, the slot knows of fewer mappings than it has.</summary>
    [Fact]
    public void A_slot_that_was_taken_late_never_goes_below_none()
    {
        var stage = new Stage();
        int pfn = FaultIn(stage, 0, 0, 2);
        Fork(stage, 0, 1, 0, 4);
        Fork(stage, 0, 2, 0, 2);
        Assert.Equal((1u, 2u, 3, 3, true), Slots(stage, pfn));
        Fork(stage, 1, 2, 2, 1);
        Zap(stage, 0, 0, 4);
        Fork(stage, 1, 2, 3, 1);
        Assert.Equal((3u, 2u, 0, 3, true), Slots(stage, pfn));
        Zap(stage, 2, 0, 1);
        Assert.Equal((0u, 2u, -1, 3, true), Slots(stage, pfn));
        AssertSound(stage);
        Zap(stage, 2, 1, 3);
        Assert.Equal((0u, 2u, -1, 3, false), Slots(stage, pfn));
        AssertSound(stage);
    }

    [Fact]
    public void A_PMD_mapping_is_one_mapping_and_one_reference()
    {
        var stage = new Stage();
        int pfn = FaultIn(stage, 0, 8, 3, pmd: true);
        var folio = new Folio(pfn);
        Assert.Equal(1u, stage.Memory[folio.Refcount]);
        Assert.Equal(0u, stage.Memory[folio.EntireMapcount]);
        Assert.Equal(0u, stage.Memory[folio.LargeMapcount]);
        Assert.Equal((uint)Layout.EntirelyMapped, stage.Memory[folio.NrPagesMapped]);
        Fork(stage, 0, 1, 8, 1);
        Assert.Equal(2u, stage.Memory[folio.Refcount]);
        Assert.Equal(1u, stage.Memory[folio.EntireMapcount]);
        Assert.Equal((uint)Layout.EntirelyMapped, stage.Memory[folio.NrPagesMapped]);
        AssertSound(stage);
    }

    [Fact]
    public void A_partly_unmapped_folio_is_queued_once()
    {
        var stage = new Stage();
        int pfn = FaultIn(stage, 0, 0, 2);
        var folio = new Folio(pfn);
        Zap(stage, 0, 1, 1);
        Assert.NotEqual(0UL, stage.Memory[folio.SecondFlags] & PageFlag.PartiallyMapped);
        Assert.Equal(3u, stage.Memory[folio.NrPagesMapped]);
        Zap(stage, 0, 2, 1);
        AssertSound(stage);
        Zap(stage, 0, 0, 4);
        Assert.Equal(stage.Memory.AddressOf(stage.Machine.Cells.DeferredHead), stage.Memory[stage.Machine.Cells.DeferredHead]);
        AssertSound(stage);
    }

    /// <summary>fork: an exclusive page that may be pinned is not shared; its content would be copied.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Fork_leaves_a_pinned_exclusive_page_alone(int order)
    {
        var stage = new Stage();
        int pfn = FaultIn(stage, 0, 0, order);
        if (order == 0) stage.Run(async cpu => { await cpu.Add(new Page(pfn).Refcount, Layout.PinBias, Step.GupSlowPin); });
        else stage.Run(async cpu => { await cpu.Add(new Folio(pfn).Pincount, 1, Step.GupSlowPin); });
        Fork(stage, 0, 1, 0, 1);
        Assert.Equal(0UL, stage.Memory[stage.Machine.Cells.Pte(1, 0)]);
        Assert.NotEqual(0UL, stage.Memory[new Page(pfn).Flags] & PageFlag.AnonExclusive);
        Assert.True(new PageTableEntry(stage.Memory[stage.Machine.Cells.Pte(0, 0)]).IsWrite);
        stage.AssertClean();
    }

    [Fact]
    public void Fork_write_protects_both_sides_and_ends_exclusivity()
    {
        var stage = new Stage();
        int pfn = FaultIn(stage, 0, 0, 0);
        Fork(stage, 0, 1, 0, 1);
        Assert.Equal(0UL, stage.Memory[new Page(pfn).Flags] & PageFlag.AnonExclusive);
        Assert.False(new PageTableEntry(stage.Memory[stage.Machine.Cells.Pte(0, 0)]).IsWrite);
        Assert.False(new PageTableEntry(stage.Memory[stage.Machine.Cells.Pte(1, 0)]).IsWrite);
        Assert.Equal(2UL, stage.Memory[stage.Machine.Cells.WriteProtectSeqOf(0)]);
        AssertSound(stage);
    }

    [Theory]
    [InlineData("I06", "_nr_pages")]
    [InlineData("I30", "_mapcount")]
    [InlineData("I31", "_entire_mapcount")]
    [InlineData("I32", "_large_mapcount")]
    [InlineData("I33", "_nr_pages_mapped")]
    [InlineData("I35", "_mm_ids")]
    public void Quiescent_accounting_catches_each_planted_count(string invariant, string field)
    {
        var stage = new Stage();
        int pfn = FaultIn(stage, 0, 0, 2);
        Fork(stage, 0, 1, 0, 4);
        AssertSound(stage);
        var folio = new Folio(pfn);
        switch (field)
        {
            case "_nr_pages": stage.Vandalise(folio.NrPages, 8); break;
            case "_mapcount": stage.Vandalise(new Page(pfn + 2).Mapcount, 0); break;
            case "_entire_mapcount": stage.Vandalise(folio.EntireMapcount, 0); break;
            case "_large_mapcount": stage.Vandalise(folio.LargeMapcount, 8); break;
            case "_nr_pages_mapped": stage.Vandalise(folio.NrPagesMapped, 3); break;
            case "_mm_ids": stage.Vandalise(folio.MmIds, stage.Memory[folio.MmIds] & ~Shared); break;
        }
        stage.AssertClean();
        stage.Machine.Judge.Audit(whole: false);
        stage.AssertViolates(invariant);
        Assert.Equal(field, stage.Violation!.Field);
        Assert.Equal("vandal", stage.Violation.LastWriter.Operation);
    }

    [Fact]
    public void I33_catches_a_lost_entirely_mapped_bit()
    {
        var stage = new Stage();
        int pfn = FaultIn(stage, 0, 8, 3, pmd: true);
        stage.Vandalise(new Folio(pfn).NrPagesMapped, 0);
        stage.Machine.Judge.Audit(whole: false);
        stage.AssertViolates("I33");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void I34_catches_a_slot_whose_count_and_id_disagree(bool forgetId)
    {
        var stage = new Stage();
        var folio = new Folio(FaultIn(stage, 0, 0, 2));
        if (forgetId) stage.Vandalise(folio.MmIds, 0);
        else stage.Vandalise(folio.MmIdMapcount.High, 1);
        stage.AssertClean();
        Zap(stage, 0, 0, 1);
        stage.AssertViolates("I34");
    }

    [Fact]
    public void I34_catches_a_slot_beyond_the_total()
    {
        var stage = new Stage();
        var folio = new Folio(FaultIn(stage, 0, 0, 2));
        stage.Vandalise(folio.MmIdMapcount.Low, 9);
        Zap(stage, 0, 0, 1);
        stage.AssertViolates("I34");
    }

    [Fact]
    public void I36_catches_rmap_through_another_folio()
    {
        var stage = new Stage();
        int pfn = stage.Folio(2), other = stage.Folio(2);
        stage.Run(cpu => Rmap.AddPtes(cpu, new Folio(other), new Page(pfn + 1), 1, 0, large: true));
        stage.AssertViolates("I36");
    }

    [Fact]
    public void I36_catches_a_range_past_the_folio()
    {
        var stage = new Stage();
        int pfn = stage.Folio(2);
        stage.Run(cpu => Rmap.AddPtes(cpu, new Folio(pfn), new Page(pfn + 2), 4, 0, large: true));
        stage.AssertViolates("I36");
    }

    [Fact]
    public void I36_demands_rmappable_folios_where_the_design_promises_them()
    {
        foreach (Map map in Enum.GetValues<Map>())
        {
            var stage = new Stage(new Policy { Map = map });
            int pfn = stage.Call(cpu => BuddyAllocator.AllocPages(cpu, 2, Alloc.Compound, Owner.Compound));
            stage.Ghost.Publish(stage.Machine.Cpus[0], stage.Ghost.ObjectOf(pfn));
            stage.Run(cpu => Rmap.AddPtes(cpu, new Folio(pfn), new Page(pfn), 1, 0, large: true));
            if (map == Map.Today) stage.AssertClean();
            else stage.AssertViolates("I36");
        }
    }

    /// <summary>A folio that the PMD leaves fully mapped by PTEs of another mm is not partially mapped.</summary>
    [Fact]
    public void Removing_a_PMD_over_a_full_set_of_PTEs_leaves_nothing_to_split()
    {
        var stage = new Stage();
        int pfn = FaultIn(stage, 0, 8, 3, pmd: true);
        var folio = new Folio(pfn);
        stage.Run(cpu => Rmap.AddPtes(cpu, folio, new Page(pfn), 8, 1, large: true));
        Assert.False(stage.Call(cpu => Rmap.RemovePmd(cpu, folio, 0)));
        stage.Run(async cpu => { await Rmap.RemovePtes(cpu, folio, new Page(pfn + 7), 1, 1, large: true); });
        stage.Run(cpu => Rmap.AddPmd(cpu, folio, 0));
        Assert.True(stage.Call(cpu => Rmap.RemovePmd(cpu, folio, 0)));
    }
}
