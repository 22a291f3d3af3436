namespace StressFarm.Simulation.Tests;

/// <summary>
/// Control first, for what the mutation trial asked for (K-10): each invariant is broken on purpose, and it is the one that speaks.
/// The mutants themselves, which nothing cruder catches, are in the exploration's tests.
/// </summary>
public class SurvivorTests
{
    private static Stage Mutant(Step step) => new(Policy.Control with { Dropped = step }, deviceOrder: 3);

    private static void AuditViolates(Stage stage, string id)
    {
        stage.AssertClean();
        stage.Machine.Judge.Audit(whole: true);
        stage.AssertViolates(id);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void I57d_catches_an_unlock_by_somebody_else(bool bug)
    {
        var stage = new Stage();
        int pfn = stage.Folio(0);
        stage.Run(cpu => FolioReferences.Lock(cpu, stage.Ghost.FolioToken(pfn)));
        stage.Run(cpu => FolioReferences.Unlock(cpu, stage.Ghost.FolioToken(pfn)), bug ? 1 : 0);
        if (bug) AuditViolates(stage, "I57d");
        else stage.Machine.Judge.Audit(whole: true);
        Assert.Equal(bug, stage.Violation is not null);
    }

    [Fact]
    public void I57d_catches_an_unlock_of_what_is_not_locked()
    {
        var stage = new Stage();
        int pfn = stage.Folio(2);
        stage.Run(cpu => FolioReferences.Unlock(cpu, stage.Ghost.FolioToken(pfn)));
        AuditViolates(stage, "I57d");
    }

    [Fact]
    public void I57d_knows_that_the_parts_of_a_split_folio_are_locked_and_by_whom()
    {
        var stage = new Stage();
        stage.Run(cpu => AnonMemory.Fault(cpu, 0, 0, 2, false)).Run(cpu => SplitByAddress.Run(cpu, 0, 0, 0, uniform: true));
        stage.Machine.Judge.Audit(whole: true);
        stage.AssertClean();
        Assert.True(stage.Machine.Splits.Attempts > 0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void I12d_catches_a_flag_that_says_otherwise(bool on)
    {
        var stage = new Stage();
        int pfn = stage.Folio(0);
        if (on) stage.Run(cpu => FolioReferences.LruAdd(cpu, stage.Ghost.FolioToken(pfn)));
        Word flags = new Page(pfn).Flags;
        stage.Vandalise(flags, stage.Memory[flags] ^ PageFlag.Lru);
        AuditViolates(stage, "I12d");
    }

    [Fact]
    public void I12d_catches_two_that_isolate_one_folio()
    {
        Stage stage = Mutant(Step.LruDel);
        stage.Run(cpu => AnonMemory.Fault(cpu, 0, 0, 0, false));
        int pfn = new PageTableEntry(stage.Memory[stage.Machine.Cells.Pte(0, 0)]).Pfn;
        Assert.True(stage.Call(cpu => SplitByAddress.Isolate(cpu, stage.Ghost.FolioToken(pfn))));
        stage.AssertClean();
        stage.Run(async cpu => { await SplitByAddress.Isolate(cpu, stage.Ghost.FolioToken(pfn)); }, 1);
        stage.AssertViolates("I12d");
    }

    [Theory]
    [InlineData("memcg_data")]
    [InlineData("mapping")]
    [InlineData("flags")]
    public void I42b_catches_what_a_device_folio_takes_along(string field)
    {
        var stage = new DeviceStage();
        stage.AllocAt(0, 2);
        stage.Stage.Begin(c => DeviceMigration.UnlockAndPut(c, stage.Page(0)), 0);
        stage.Stage.StepTo(0, Step.D5);
        switch (field)
        {
            case "memcg_data": stage.Stage.Vandalise(stage.Page(0).MemcgData, AnonMemory.Memcg); break;
            case "mapping": stage.Stage.Vandalise(stage.Page(0).Mapping, AnonMemory.AnonMapping(0)); break;
            default: stage.Stage.Vandalise(stage.Page(3).Flags, stage.Memory[stage.Page(3).Flags] | PageFlag.AnonExclusive); break;
        }
        stage.Stage.AssertClean();
        stage.Stage.Finish(0);
        stage.Stage.AssertViolates("I42b");
        Assert.Equal(field, stage.Violation!.Field);
    }

    [Fact]
    public void I36b_catches_a_huge_zero_folio_that_is_rmappable()
    {
        Stage stage = Mutant(Step.HugeZero);
        stage.Run(async cpu => { await DriverMemory.Allocate(cpu, DriverProducer.HugeZero, 2); });
        stage.AssertViolates("I36b");
    }

    [Fact]
    public void I49b_catches_a_slab_that_is_on_no_list()
    {
        Stage stage = Mutant(Step.SlabList);
        stage.Run(async cpu => { await SlabMemory.Allocate(cpu, 1); });
        AuditViolates(stage, "I49b");
    }

    [Theory]
    [InlineData(Step.SlabUse, false)]
    [InlineData(Step.Ipi, true)]
    [InlineData(Step.Grace, true)]
    public void I28c_catches_a_wait_that_does_not_wait(Step dropped, bool violated)
    {
        Stage stage = Mutant(dropped);
        stage.Run(async cpu => { await cpu.Yield(Step.Idle); cpu.IrqsOff = true; }, 1);
        stage.Begin(dropped == Step.Grace ? GracePeriods.SynchronizeRcu : GracePeriods.Interrupt, 0);
        stage.Machine.Step(stage.Machine.Cpus[0]);
        if (violated) stage.Finish(0);
        else Assert.Equal(0u, stage.Machine.Runnable & 1);
        if (violated) stage.AssertViolates("I28c");
        stage.Machine.Cpus[1].IrqsOff = false;
    }

    [Theory]
    [InlineData(Step.SectionClear)]
    [InlineData(Step.SectionAdd)]
    public void I53b_catches_struct_pages_and_bits_that_differ(Step dropped)
    {
        Policy policy = Policy.Control with { Dropped = dropped };
        var stage = new Stage(policy, systemOrder: 4, deviceOrder: 2, pmdOrder: 2);
        stage.Machine.Reset(stage.Programme.Arena with { SectionOrder = 2 }, policy, stage.Programme);
        stage.Run(cpu => MemoryOffline.Offline(cpu, 0)).Run(cpu => MemoryOffline.Remove(cpu, 0));
        if (dropped == Step.SectionClear)
        {
            stage.AssertViolates("I53b");
            return;
        }
        stage.Run(cpu => MemoryOffline.Online(cpu, 0));
        AuditViolates(stage, "I53b");
    }

    [Fact]
    public void I40b_catches_a_size_that_was_not_written()
    {
        Stage stage = Mutant(Step.Truncate);
        stage.Run(cpu => FileTruncate.Run(cpu, 0, 8));
        AuditViolates(stage, "I40b");
    }

    [Fact]
    public void I35b_catches_a_write_that_would_fault_for_ever()
    {
        Stage stage = Mutant(Step.WpReuse);
        stage.Run(cpu => AnonMemory.Fault(cpu, 0, 0, 0, false));
        Word pte = stage.Machine.Cells.Pte(0, 0);
        stage.Vandalise(pte, PageTableEntry.Present(new PageTableEntry(stage.Memory[pte]).Pfn, false).Raw);
        stage.Run(cpu => WriteFault.Run(cpu, 0, 0));
        stage.AssertViolates("I35b");
    }

    [Fact]
    public void I23_catches_a_freeze_that_leaves_the_references()
    {
        Stage stage = Mutant(Step.S8);
        stage.Run(cpu => AnonMemory.Fault(cpu, 0, 0, 2, false)).Run(cpu => SplitByAddress.Run(cpu, 0, 0, 0, uniform: true));
        stage.AssertViolates("I23");
    }

    [Fact]
    public void I37_catches_a_folio_that_was_queued_and_is_on_no_list()
    {
        Stage stage = Mutant(Step.QueueAdd);
        stage.Run(cpu => AnonMemory.Fault(cpu, 0, 0, 2, false)).Run(cpu => Zap.Slot(cpu, 0, 1));
        AuditViolates(stage, "I37");
    }
}
