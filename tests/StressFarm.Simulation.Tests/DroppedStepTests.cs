namespace StressFarm.Simulation.Tests;

/// <summary>A mutant loses the writes of one step: the CPU goes on as if they had happened, and the memory keeps what it held.</summary>
public class DroppedStepTests
{
    private const Step Dropped = Step.C6, Kept = Step.C7;
    private static readonly Page s_page = new(8);

    private static Stage Mutant() => new(Policy.Control with { Dropped = Dropped });

    [Fact]
    public void A_store_is_lost_and_what_the_word_held_stays_with_its_writer()
    {
        Stage stage = Mutant();
        stage.Run(async c => await c.Store(s_page.Private, 7, Kept));
        uint writer = stage.Memory.LastWriter(s_page.Private.Low);
        stage.Run(async c =>
        {
            await c.Store(s_page.Private, 8, Dropped);
            await c.Store(s_page.Private.High, 9, Dropped);
        });
        Assert.Equal(7ul, stage.Memory[s_page.Private]);
        Assert.Equal(writer, stage.Memory.LastWriter(s_page.Private.Low));
    }

    [Fact]
    public void The_result_is_the_one_that_the_write_would_have_had()
    {
        Stage stage = Mutant();
        stage.Run(async c => await c.Store(s_page.Private, 6, Kept));
        stage.Run(async c =>
        {
            Assert.Equal(8ul, await c.Add(s_page.Private, 2, Dropped));
            Assert.Equal(8u, await c.Add(s_page.Private.Low, 2, Dropped));
            Assert.Equal(6u, await c.AddUnlessZero(s_page.Private.Low, 2, Dropped));
            Assert.Equal(0u, await c.AddUnlessZero(s_page.Private.High, 2, Dropped));
            Assert.Equal(6ul, await c.Or(s_page.Private, 1, Dropped));
            Assert.Equal(6ul, await c.AndNot(s_page.Private, 2, Dropped));
            Assert.True(await c.CmpXchg(s_page.Private.Low, 6, 5, Dropped));
            Assert.False(await c.CmpXchg(s_page.Private.Low, 5, 6, Dropped));
        });
        Assert.Equal(6ul, stage.Memory[s_page.Private]);
    }

    [Fact]
    public void The_writes_of_a_burst_are_lost_as_one()
    {
        Stage stage = Mutant();
        stage.Run(async c =>
        {
            await c.Burst(s_page.Private, Dropped);
            c.Poke(s_page.Private, 3);
            c.Poke(s_page.Index.Low, 4);
            await c.Burst(s_page.Mapping, Kept);
            c.Poke(s_page.Mapping, 5);
        });
        Assert.Equal((0ul, 0ul, 5ul), (stage.Memory[s_page.Private], stage.Memory[s_page.Index], stage.Memory[s_page.Mapping]));
    }

    [Fact]
    public void Reads_and_locks_of_the_step_stay()
    {
        Stage stage = Mutant();
        stage.Run(async c =>
        {
            await c.Store(s_page.Private, 4, Kept);
            Assert.Equal(4ul, await c.Load(s_page.Private, Dropped));
            await c.Lock(s_page.Private, Dropped);
            Assert.Equal(5ul, c.Peek(s_page.Private));
            await c.Unlock(s_page.Private, Dropped);
            Assert.True(await c.TryLock(s_page.Private, Dropped));
        });
        Assert.Equal(5ul, stage.Memory[s_page.Private]);
    }

    [Fact]
    public void The_trace_tells_what_the_memory_holds()
    {
        Stage stage = Mutant();
        var seen = new Values();
        stage.Machine.Trace = seen;
        stage.Run(async c =>
        {
            await c.Add(s_page.Private, 2, Kept);
            await c.Add(s_page.Private, 2, Dropped);
        });
        Assert.Equal([(0ul, 2ul), (2ul, 2ul)], seen.All);
    }

    [Fact]
    public void A_mutant_has_a_name_of_its_own_that_no_design_has()
    {
        Policy mutant = Presets.Find("rfc-skip-rmap")!.Policy with { Dropped = Step.C6 };
        Assert.Equal("cmp=rfc,map=skip+drop:C6", mutant.ToString());
        Assert.Equal("control+drop:A9", (Policy.Control with { Dropped = Step.A9 }).ToString());
        Assert.Null(Policy.TryParse(mutant.ToString(), out _));
        Assert.Equal("custom", Presets.NameOf(Policy.Control with { Dropped = Step.A9 }));
    }

    private sealed class Values : ITrace
    {
        public List<(ulong, ulong)> All { get; } = [];
        public void Record(StepCpu cpu, in Access access, ulong old, ulong value) => All.Add((old, value));
        public void RecordRaw(StepCpu cpu, Word word, ulong old, ulong value) => All.Add((old, value));
    }
}
