namespace StressFarm.Simulation.Tests;

public class MachineTests
{
    [Fact]
    public void Halves_and_words_are_the_same_memory()
    {
        MemMap m = new Stage().Memory;
        var word = new Word(m.FirstCell + 3);
        m.Write(word.Index, 0x1122_3344_5566_7788, 0);
        Assert.Equal(0x5566_7788u, m[word.Low]);
        Assert.Equal(0x1122_3344u, m[word.High]);
        m.WriteHalf(word.High.Index, 0xaabb_ccdd, 0);
        Assert.Equal(0xaabb_ccdd_5566_7788, m[word]);
    }

    [Fact]
    public void Addresses_lead_back_to_their_words()
    {
        MemMap m = new Stage().Memory;
        foreach (int index in new[] { 0, 1, 63 * 8 + 7, m.FirstCell, m.WordCount - 1 })
            Assert.Equal(index, m.WordAt(m.AddressOf(new Word(index))).Index);
        Assert.Equal(-1, m.WordAt(Layout.ListPoison1).Index);
        Assert.Equal(-1, m.WordAt(m.AddressOf(new Word(0)) + 4).Index);
        Assert.Equal(12, m.PfnAt(m.AddressOf(new Page(12)) + 8));
        Assert.Equal(-1, m.PfnAt(m.AddressOf(new Word(m.FirstCell))));
    }

    [Fact]
    public void A_reset_restores_every_word()
    {
        var stage = new Stage();
        var before = Enumerable.Range(0, stage.Memory.WordCount).Select(i => stage.Memory[new Word(i)]).ToArray();
        stage.Folio(4);
        stage.Folio(0);
        stage.Machine.Reset(stage.Programme.Arena, Policy.Control, stage.Programme);
        var after = Enumerable.Range(0, stage.Memory.WordCount).Select(i => stage.Memory[new Word(i)]).ToArray();
        Assert.Equal(before, after);
    }

    [Fact]
    public void A_full_section_with_its_ghost_takes_at_most_8_MiB()
    {
        _ = new Machine(new Geometry(32)); // loads the catalogues
        long before = GC.GetAllocatedBytesForCurrentThread();
        var machine = new Machine(new Geometry());
        long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(32768, machine.Memory.Pages);
        Assert.InRange(bytes, 1, 8 << 20);
    }

    [Fact]
    public void A_step_happens_only_when_its_cpu_is_stepped()
    {
        var stage = new Stage();
        var word = new Page(2).Private;
        stage.Begin(async cpu => { await cpu.Store(word, 7, Step.Idle); }, 0);
        Assert.Equal(0ul, stage.Memory[word]);
        Assert.Equal(word.Index, stage.Machine.Cpus[0].Pending.WordIndex);
        stage.Machine.Step(stage.Machine.Cpus[0]);
        Assert.Equal(7ul, stage.Memory[word]);
        Assert.True(stage.Machine.Cpus[0].Finished);
    }

    [Fact]
    public void A_cpu_that_waits_for_a_lock_is_not_runnable_until_it_is_free()
    {
        var stage = new Stage();
        Word zone = stage.Machine.Cells.ZoneLock;
        stage.Run(async cpu => { await cpu.Lock(zone, Step.A1); }, 0);
        stage.Begin(async cpu => { await cpu.Lock(zone, Step.A1); await cpu.Unlock(zone, Step.A5); }, 1);
        Assert.Equal(0u, stage.Machine.Runnable);
        stage.Run(async cpu => { await cpu.Unlock(zone, Step.A5); }, 0);
        Assert.Equal(2u, stage.Machine.Runnable);
        stage.Finish(1);
        stage.AssertClean();
    }

    [Fact]
    public void The_last_writer_of_a_half_is_known()
    {
        var stage = new Stage();
        stage.Vandalise(new Page(40).Mapping.High, 5);
        var stamp = new WriterStamp(stage.Memory.LastWriter(new Page(40).Mapping.High));
        Assert.True(stamp.Known);
        Assert.Equal((3, 0, Step.Idle), (stamp.Cpu, stamp.Operation, stamp.Step));
        Assert.False(new WriterStamp(stage.Memory.LastWriter(new Page(40).Mapping.Low)).Known);
    }

    [Fact]
    public void The_generator_is_ours_and_never_changes()
    {
        var pcg = new Pcg(42, 1);
        Assert.Equal(new uint[] { PcgAnswers[0], PcgAnswers[1], PcgAnswers[2] }, new[] { pcg.NextUInt(), pcg.NextUInt(), pcg.NextUInt() });
        var other = new Pcg(42, 2);
        Assert.NotEqual(PcgAnswers[0], other.NextUInt());
    }

    [Fact]
    public void Every_step_has_a_source()
    {
        foreach (Step step in Enum.GetValues<Step>().Where(s => s != Step.None)) Assert.NotEqual("", step.Source());
        Assert.Contains("prep_compound_page", Step.C8.Source(), StringComparison.Ordinal);
    }

    /// <summary>From an independent implementation of PCG-XSH-RR 64/32.</summary>
    private static readonly uint[] PcgAnswers = [4176028549u, 3950285441u, 2197104919u];
}
