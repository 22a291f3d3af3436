namespace StressFarm.Simulation.Tests;

/// <summary>FS-DAX, directed; Z04, which must stay silent; and the designs that a contract or pfn maps make.</summary>
public class FsDaxTests
{
    private static Stage Dax(Policy? policy = null)
    {
        var stage = new Stage(policy, systemOrder: 4, deviceOrder: 4, pmdOrder: 3);
        stage.Run(FsDax.SetType);
        return stage;
    }

    private static void AssertNothingLeft(Stage stage)
    {
        stage.Machine.Judge.Audit(whole: true);
        stage.Run(Teardown.Run);
        stage.Machine.Judge.AuditEmpty();
        stage.AssertClean();
    }

    private static int First(Stage stage) => stage.Machine.Geometry.DeviceBase;

    [Theory]
    [InlineData(0, 0)]
    [InlineData(2, 3)]
    [InlineData(3, -1)]
    public void A_folio_comes_to_refcount_0_and_back_and_is_undone_with_its_entry(int order, int page)
    {
        Stage stage = Dax();
        for (int i = 0; i < 2; i++)
        {
            stage.Run(cpu => FsDax.Fault(cpu, 0, 0, order, page)).AssertClean();
            Assert.Equal(1u, stage.Memory[new Page(First(stage)).Refcount]);
            stage.Run(cpu => Zap.Slot(cpu, 0, FsDax.SlotOf(0) + Math.Max(page, 0))).AssertClean();
            Assert.Equal(0u, stage.Memory[new Page(First(stage)).Refcount]);
            Assert.Equal(order > 0, (stage.Memory[new Page(First(stage)).Flags] & PageFlag.Head) != 0);
        }
        stage.Machine.Judge.Audit(whole: true);
        stage.Run(cpu => FsDax.Truncate(cpu, 0)).AssertClean();
        for (int pfn = First(stage); pfn < First(stage) + (1 << order); pfn++)
            Assert.Equal((Owner.DevFree, Boot.PgmapAddress, 0UL), (stage.Ghost.OwnerOf(pfn), stage.Memory[new Page(pfn).Pgmap], stage.Memory[new Page(pfn).Flags] & 0xff));
        AssertNothingLeft(stage);
    }

    [Fact]
    public void A_pin_keeps_the_block_from_being_given_away()
    {
        Stage stage = Dax();
        stage.Run(cpu => FsDax.Fault(cpu, 0, 0, 2, 1));
        PageRange got = stage.Call(cpu => GupFast.Range(cpu, 0, FsDax.SlotOf(0) + 1, 1, GupFlags.Pin | GupFlags.Write), 1);
        Assert.Equal(1, got.Count);
        stage.Run(cpu => FsDax.Truncate(cpu, 0)).AssertClean();
        Assert.NotEqual(0UL, stage.Memory[stage.Machine.Cells.DaxEntry(0)]);
        stage.Run(cpu => GupPut.UnpinUserPages(cpu, new Handle { Pfn = got.Pfn, Count = 1 }), 1);
        stage.Run(cpu => FsDax.Truncate(cpu, 0)).AssertClean();
        Assert.Equal(0UL, stage.Memory[stage.Machine.Cells.DaxEntry(0)]);
        AssertNothingLeft(stage);
    }

    [Fact]
    public void A_shared_folio_goes_with_the_last_of_its_entries()
    {
        Stage stage = Dax();
        stage.Run(cpu => FsDax.Fault(cpu, 0, 0, 2, 1)).Run(cpu => FsDax.Share(cpu, 0, 2));
        Assert.Equal((0UL, 2UL), (stage.Memory[new Page(First(stage)).Mapping], stage.Memory[new Page(First(stage)).Index]));
        stage.Run(cpu => FsDax.Truncate(cpu, 0)).AssertClean();
        Assert.Equal(Owner.DevFolio, stage.Ghost.OwnerOf(First(stage)));
        stage.Run(cpu => FsDax.Fault(cpu, 1, 2, 2, 3)).Run(cpu => FsDax.Truncate(cpu, 2)).AssertClean();
        Assert.Equal(Owner.DevFree, stage.Ghost.OwnerOf(First(stage)));
        AssertNothingLeft(stage);
    }

    /// <summary>The kernel's own check speaks and nothing is wrong: no invariant may follow it.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Z04_a_large_dax_folio_at_refcount_0_is_legal(bool check)
    {
        Stage stage = Dax(check ? new Policy { Deviations = Deviation.DaxFoliosThoughtSmall } : null);
        stage.Run(cpu => FsDax.Fault(cpu, 0, 0, 3, 2));
        stage.Run(cpu => Zap.Slot(cpu, 0, FsDax.SlotOf(0) + 2), 1).AssertClean();
        Assert.Equal(check ? "VM_WARN_ON_ONCE_FOLIO(folio_test_large(folio))" : null, stage.Machine.Judge.KernelSaid(stage.Machine.Cpus[1]));
        AssertNothingLeft(stage);
    }

    [Theory]
    [InlineData(true, "I55")]
    [InlineData(false, null)]
    public void I55_finds_an_owner_that_writes_a_word_of_mm(bool planted, string? invariant)
    {
        var policy = new Policy { Cmp = Cmp.Contract, Deviations = planted ? Deviation.SlabWritesTail : Deviation.None };
        var stage = new Stage(policy);
        int pfn = stage.Call(cpu => SlabMemory.Allocate(cpu, 2));
        if (invariant is not null)
        {
            stage.AssertViolates(invariant);
            return;
        }
        stage.Run(cpu => SlabMemory.Kfree(cpu, cpu.Ghost.Token(pfn), pfn));
        AssertNothingLeft(stage);
    }

    /// <summary>Without the contract the word is nobody's concern: no cruder invariant sees it before the free.</summary>
    [Fact]
    public void I55_is_the_contracts_alone()
    {
        var stage = new Stage(new Policy { Deviations = Deviation.SlabWritesTail });
        stage.Call(cpu => SlabMemory.Allocate(cpu, 2));
        stage.AssertClean();
    }

    [Theory]
    [InlineData(true, "I12c")]
    [InlineData(false, null)]
    public void Memory_mapped_by_pfn_must_be_revoked_before_it_is_freed(bool forgotten, string? invariant)
    {
        var stage = new Stage(new Policy { Cmp = Cmp.Rfc, Map = Map.PfnMap, Deviations = forgotten ? Deviation.PfnmapWithoutRevoke : Deviation.None });
        Handle handle = stage.Call(cpu => DriverMemory.Allocate(cpu, DriverProducer.AfPacket, 2));
        stage.Run(cpu => DriverMemory.MapPages(cpu, handle, 0, 4, 0, 4)).AssertClean();
        Assert.Equal(1u, stage.Memory[handle.Page.Refcount]);
        Assert.Equal(0, stage.Call(cpu => GupFast.Range(cpu, 0, 4, 1, GupFlags.Pin), 1).Count);
        stage.Run(cpu => DriverMemory.Free(cpu, handle));
        if (invariant is not null)
        {
            stage.AssertViolates(invariant);
            return;
        }
        Assert.Equal(0UL, stage.Memory[stage.Machine.Cells.Pte(0, 5)]);
        AssertNothingLeft(stage);
    }

    /// <summary>The candidate C11 of docs/findings.md: the last put reads pgmap after the block may have been given out again.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void C11_a_dax_folio_is_reused_between_its_last_put_and_the_read_of_pgmap(bool asRead)
    {
        Stage stage = Dax(asRead ? new Policy { Deviations = Deviation.DaxFolioReadAtZero } : null);
        stage.Run(cpu => FsDax.Fault(cpu, 0, 0, 0, 0)).Run(cpu => FsDax.Fault(cpu, 0, 1, 0, 0));
        int page = First(stage) + 1;
        stage.Begin(cpu => Zap.Slot(cpu, 0, FsDax.SlotOf(1)), 1);
        stage.StepTo(1, Step.P2);
        stage.Run(cpu => FsDax.Truncate(cpu, 1), 2).Run(cpu => FsDax.Truncate(cpu, 0), 2).Run(cpu => FsDax.Fault(cpu, 1, 0, 3, 0), 2).AssertClean();
        Assert.True(CompoundPages.IsTail(stage.Memory[new Page(page).Info]));
        stage.Finish(1);
        if (asRead) stage.AssertViolates("I48");
        else AssertNothingLeft(stage);
    }
}
