namespace StressFarm.Simulation.Tests;

/// <summary>What the device protocols write, and what the driver's allocators give out.</summary>
public class DeviceMemoryTests
{
    [Fact]
    public void ZINIT_leaves_the_words_the_spec_says()
    {
        DeviceStage stage = new DeviceStage().AfterLifeOf(3);
        stage.AllocAt(0, 2);
        Assert.Equal(PageFlag.Locked | PageFlag.Head, stage.Memory[stage.Page(0).Flags] & 0xff);
        Assert.Equal(1, stage.Refcount(0));
        Assert.Equal(4u, stage.Memory[stage.Folio(0).NrPages]);
        Assert.Equal(2UL | PageFlag.LargeRmappable, stage.Memory[stage.Page(1).Flags] & PageFlag.Second);
        Assert.Equal(Boot.PgmapAddress, stage.Memory[stage.Page(0).Pgmap]);
        Assert.Equal(4UL, stage.Memory[stage.Machine.Cells.PgmapRef]);
        stage.Release(0);
        Assert.Equal(0UL, stage.Memory[stage.Machine.Cells.PgmapRef]);
        // DPM=ALLOC_RANGE undoes nothing at free.
        Assert.True(stage.IsTail(3));
        Assert.Equal(PageFlag.Head, stage.Memory[stage.Page(0).Flags] & PageFlag.Head);
    }

    [Fact]
    public void CMP_RFC_hands_out_a_device_folio_whose_eight_fields_nobody_wrote()
    {
        var stage = new DeviceStage(new Policy { Cmp = Cmp.Rfc });
        stage.AllocAt(0, 2);
        stage.Stage.AssertClean();
        Assert.NotEqual(0UL, stage.Memory[stage.Folio(0).SecondFlags] & PageFlag.LargeRmappable);
        Assert.Equal(0u, stage.Memory[stage.Folio(0).NrPages]);
        Assert.Equal(Layout.TailMapping, stage.Memory[stage.Page(1).Mapping]);
        // Never mapped, it is freed with _nr_pages 0: the pgmap keeps the references of its pages for ever. I13 would stop
        // the free before that.
        stage.Machine.Judge.Enabled = false;
        stage.Release(0);
        Assert.Equal(Owner.DevFree, stage.Machine.Ghost.OwnerOf(stage.Page(0).Pfn));
        Assert.Equal(4UL, stage.Memory[stage.Machine.Cells.PgmapRef]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void CMP_RFC_violates_at_the_first_mapping(bool pmd)
    {
        var stage = new DeviceStage(new Policy { Cmp = Cmp.Rfc }, pmdOrder: 2);
        stage.AllocAt(0, 2);
        stage.Stage.Run(async c => { await DeviceMigration.Insert(c, stage.Folio(0), 2, 0, 0, pmd); });
        Assert.Contains(stage.Violation?.Invariant.Id ?? "none", new[] { "I06", "I36" });
    }

    [Fact]
    public void LIFO_gives_whole_folios_back_in_reverse_and_never_carves()
    {
        var stage = new DeviceStage(new Policy { Allocator = Allocator.Lifo });
        stage.Stage.Run(c => DeviceAllocation.Carve(c, 1, 2));
        Assert.Equal([0, 2, -1], new[] { stage.Alloc(1), stage.Alloc(2), stage.Alloc(1) });
        Assert.Equal([4, 5, 6, 7, -1], Enumerable.Range(0, 5).Select(_ => stage.Alloc(0)));
        stage.Release(0);
        stage.Release(6);
        stage.Release(2);
        Assert.Equal([2, 0, 6], new[] { stage.Alloc(1), stage.Alloc(1), stage.Alloc(0) });
        stage.Stage.AssertClean();
        stage.Machine.Judge.Audit(whole: true);
        stage.Stage.AssertClean();
    }

    [Fact]
    public void BUDDY_carves_any_aligned_free_range_again()
    {
        DeviceStage stage = new DeviceStage().AfterLifeOf(3);
        stage.AllocAt(2, 1);
        stage.AllocAt(4, 2);
        Assert.Equal(-1, stage.Alloc(2));
        Assert.Equal(0, stage.Alloc(1));
        stage.Release(2);
        stage.Release(0);
        Assert.Equal(0, stage.Alloc(2));
        Assert.Equal(0, stage.Machine.Driver.FreePages);
        stage.Stage.AssertClean();
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public void A_fault_brings_a_folio_home_and_frees_its_device_pages(int order, bool pmd)
    {
        var stage = new DeviceStage();
        stage.AllocAt(0, order);
        stage.Map(0, order, 8, pmd);
        stage.Stage.Run(c => DeviceMigration.Fault(c, 0, 8), 1);
        stage.Stage.AssertClean();
        Word at = pmd ? stage.Machine.Cells.Pmd(0, 1) : stage.Machine.Cells.Pte(0, 8);
        Assert.True(new PageTableEntry(stage.Memory[at]).IsPresent);
        Assert.Equal(Owner.DevFree, stage.Stage.Ghost.OwnerOf(stage.Base));
        Assert.Equal(0UL, stage.Memory[stage.Machine.Cells.PgmapRef]);
        stage.Machine.Judge.Audit(whole: true);
        stage.Stage.AssertClean();
    }

    [Fact]
    public void A_fault_restores_the_entries_while_a_walker_holds_a_reference()
    {
        var stage = new DeviceStage();
        stage.AllocAt(0, 1);
        stage.Map(0, 1, 0);
        stage.Stage.Run(c => DeviceWalk.Visit(c, stage.Base, keepIn: 0), 2);
        stage.Stage.Run(c => DeviceMigration.Fault(c, 0, 1), 1);
        Assert.True(new PageTableEntry(stage.Memory[stage.Machine.Cells.Pte(0, 0)]).IsDevicePrivate);
        Assert.Equal(3, stage.Refcount(0));
        Assert.False(stage.Locked(0));
        stage.Machine.Judge.Audit(whole: true);
        stage.Stage.AssertClean();
    }
}
