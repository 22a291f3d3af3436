using System.Numerics;

namespace StressFarm.Simulation.Tests;

/// <summary>The memory models against litmus tests, every schedule of each (spec 2; the kernel's tools/memory-model names them).</summary>
public class MemoryModelTests
{
    private static readonly Word s_x = new Page(10).Mapping, s_y = new Page(12).Mapping;

    private delegate Op Body(Cpu cpu, ulong[] seen);

    /// <summary>What two CPUs can see, as (first register, second register), over all schedules.</summary>
    private static HashSet<(ulong, ulong)> Outcomes(MemoryModel model, Body first, Body second, Action<Stage>? atEnd = null)
    {
        var outcomes = new HashSet<(ulong, ulong)>();
        var path = new List<(int Taken, uint Left)>();
        do
        {
            var seen = new ulong[2];
            var stage = new Stage(new Policy { MemoryModel = model });
            stage.Machine.Judge.Enabled = false;
            stage.Begin(cpu => first(cpu, seen), 0);
            stage.Begin(cpu => second(cpu, seen), 1);
            for (int i = 0; stage.Machine.Runnable != 0; i++)
            {
                if (i == path.Count) path.Add((BitOperations.TrailingZeroCount(stage.Machine.Runnable), stage.Machine.Runnable & (stage.Machine.Runnable - 1)));
                stage.Machine.Step(stage.Machine.Steppers[path[i].Taken]);
            }
            outcomes.Add((seen[0], seen[1]));
            atEnd?.Invoke(stage);
            while (path.Count > 0 && path[^1].Left == 0) path.RemoveAt(path.Count - 1);
            if (path.Count > 0) path[^1] = (BitOperations.TrailingZeroCount(path[^1].Left), path[^1].Left & (path[^1].Left - 1));
        }
        while (path.Count > 0);
        return outcomes;
    }

    public enum Between { Nothing, Wmb, Mb, Rmw, Release }

    private static async Op Order(Cpu cpu, Between between)
    {
        if (between == Between.Wmb) await cpu.Fence(FenceKind.Wmb, Step.Idle);
        else if (between == Between.Mb) await cpu.Fence(FenceKind.Mb, Step.Idle);
        else if (between == Between.Rmw) await cpu.Add(new Page(14 + cpu.Number).Index, 1, Step.Idle);
        else if (between == Between.Release) cpu.Release();
    }

    /// <summary>SB: each CPU stores to one word and loads the other. Both loads may miss both stores wherever stores wait.</summary>
    [Theory]
    [InlineData(MemoryModel.Sc, Between.Nothing, false)]
    [InlineData(MemoryModel.Tso, Between.Nothing, true)]
    [InlineData(MemoryModel.Weak, Between.Nothing, true)]
    [InlineData(MemoryModel.Tso, Between.Wmb, true)]
    [InlineData(MemoryModel.Tso, Between.Mb, false)]
    [InlineData(MemoryModel.Weak, Between.Mb, false)]
    [InlineData(MemoryModel.Tso, Between.Rmw, false)]
    [InlineData(MemoryModel.Weak, Between.Rmw, false)]
    public void Store_buffering(MemoryModel model, Between between, bool allowed)
    {
        static Body Cpu(Word mine, Word other, int register, Between between) => async (cpu, seen) =>
        {
            await cpu.Store(mine, 1, Step.Idle);
            await Order(cpu, between);
            seen[register] = await cpu.Load(other, Step.Idle);
        };
        HashSet<(ulong, ulong)> outcomes = Outcomes(model, Cpu(s_x, s_y, 0, between), Cpu(s_y, s_x, 1, between));
        Assert.Equal(allowed, outcomes.Contains((0, 0)));
        Assert.Contains((1UL, 1UL), outcomes);
    }

    /// <summary>MP: data, then flag; a reader that sees the flag and not the data.</summary>
    [Theory]
    [InlineData(MemoryModel.Sc, Between.Nothing, false, false, false)]
    [InlineData(MemoryModel.Tso, Between.Nothing, true, false, false)]
    [InlineData(MemoryModel.Weak, Between.Nothing, false, false, true)]
    [InlineData(MemoryModel.Weak, Between.Wmb, false, false, false)]
    [InlineData(MemoryModel.Weak, Between.Release, false, false, false)]
    [InlineData(MemoryModel.Weak, Between.Wmb, true, false, true)]
    [InlineData(MemoryModel.Weak, Between.Wmb, true, true, false)]
    [InlineData(MemoryModel.Weak, Between.Mb, true, true, false)]
    [InlineData(MemoryModel.Weak, Between.Nothing, true, true, true)]
    public void Message_passing(MemoryModel model, Between between, bool early, bool rmb, bool allowed)
    {
        HashSet<(ulong, ulong)> outcomes = Outcomes(model,
            async (cpu, _) =>
            {
                await cpu.Store(s_x, 1, Step.Idle);
                await Order(cpu, between);
                await cpu.Store(s_y, 1, Step.Idle);
            },
            async (cpu, seen) =>
            {
                await cpu.Yield(Step.Idle);
                if (early) cpu.MayLoadEarly(s_x);
                seen[0] = await cpu.Load(s_y, Step.Idle);
                if (rmb) await cpu.Fence(FenceKind.Rmb, Step.Idle);
                seen[1] = await cpu.Load(s_x, Step.Idle);
            });
        Assert.Equal(allowed, outcomes.Contains((1, 0)));
        Assert.Contains((1UL, 1UL), outcomes);
        Assert.Contains((0UL, 0UL), outcomes);
    }

    /// <summary>CoRR and CoWR: no word goes back in time, and a CPU sees its own stores.</summary>
    [Theory]
    [InlineData(MemoryModel.Sc)]
    [InlineData(MemoryModel.Tso)]
    [InlineData(MemoryModel.Weak)]
    public void One_word_is_coherent(MemoryModel model)
    {
        HashSet<(ulong, ulong)> readers = Outcomes(model,
            async (cpu, _) =>
            {
                await cpu.Store(s_x, 1, Step.Idle);
                await cpu.Store(s_x, 2, Step.Idle);
            },
            async (cpu, seen) =>
            {
                seen[0] = await cpu.Load(s_x, Step.Idle);
                seen[1] = await cpu.Load(s_x, Step.Idle);
            });
        Assert.All(readers, r => Assert.True(r.Item1 <= r.Item2, $"{r}"));
        Assert.Equal(6, readers.Count);
        HashSet<(ulong, ulong)> own = Outcomes(model,
            async (cpu, seen) =>
            {
                await cpu.Store(s_x, 1, Step.Idle);
                seen[0] = await cpu.Load(s_x, Step.Idle);
            },
            async (cpu, seen) => { seen[1] = await cpu.Load(s_x, Step.Idle); });
        Assert.All(own, r => Assert.Equal(1UL, r.Item1));
    }

    /// <summary>An atomic on a word that another CPU's store waits for comes after it; nothing is lost.</summary>
    [Theory]
    [InlineData(MemoryModel.Tso)]
    [InlineData(MemoryModel.Weak)]
    public void Atomics_act_on_the_newest_value(MemoryModel model)
    {
        var ends = new HashSet<ulong>();
        Outcomes(model,
            async (cpu, _) => { await cpu.Store(s_x, 8, Step.Idle); },
            async (cpu, seen) => { seen[0] = await cpu.Or(s_x, 1, Step.Idle); },
            stage => ends.Add(stage.Memory[s_x]));
        Assert.Equal([8UL, 9UL], ends.Order());
    }

    [Theory]
    [InlineData(MemoryModel.Tso)]
    [InlineData(MemoryModel.Weak)]
    public void A_lock_hands_over_what_was_stored_under_it(MemoryModel model)
    {
        static Body Cpu(int register) => async (cpu, seen) =>
        {
            await cpu.Lock(cpu.Machine.Cells.ZoneLock, Step.Idle);
            ulong value = await cpu.Load(s_x, Step.Idle);
            await cpu.Store(s_x, value + 1, Step.Idle);
            seen[register] = value;
            await cpu.Unlock(cpu.Machine.Cells.ZoneLock, Step.Idle);
        };
        Assert.Equal([(0UL, 1UL), (1UL, 0UL)], Outcomes(model, Cpu(0), Cpu(1)).Order());
    }

    /// <summary>Z05 by hand: the early load, then the new head's flags and its cleared compound_info, then the reader goes on.</summary>
    [Theory]
    [InlineData(MemoryModel.Weak, Spl.NoRmb, "I41")]
    [InlineData(MemoryModel.Weak, Spl.Today, null)]
    [InlineData(MemoryModel.Tso, Spl.NoRmb, null)]
    [InlineData(MemoryModel.Sc, Spl.NoRmb, null)]
    public void Z05_needs_loads_out_of_order(MemoryModel model, Spl spl, string? invariant)
    {
        var stage = new Stage(new Policy { MemoryModel = model, Spl = spl });
        Machine machine = stage.Machine;
        stage.Run(cpu => AnonMemory.Fault(cpu, 0, 0, 2, false));
        Settle(machine);
        stage.Begin(cpu => SplitByAddress.Run(cpu, 0, 0, 0, true), 1);
        stage.StepTo(1, Step.S8);
        Settle(machine);
        stage.Begin(cpu => Softleaf.Visit(cpu, 0, 2, clear: false), 2);
        while (machine.Cpus[2].Pending is not { Step: Step.Softleaf, Kind: AccessKind.Load } p || p.Location != new Page(2).Info.Index) machine.Step(machine.Cpus[2]);
        int unit = Machine.FirstUnit + 2 * 2 + 1;
        Assert.Equal(model == MemoryModel.Weak, (machine.Runnable >> unit & 1) != 0);
        if (model == MemoryModel.Weak) machine.Step(machine.Steppers[unit]);
        while ((stage.Memory[new Page(2).Info] & 1) != 0) machine.Step(machine.Cpus[1]);
        Settle(machine);
        stage.Finish(2);
        if (invariant is not null)
        {
            stage.AssertViolates(invariant);
            return;
        }
        stage.Finish(1);
        stage.AssertClean();
    }

    /// <summary>
    /// A9 as v7.3 has it, by hand: the compound page's stores wait, some of the oldest and some of the youngest become visible,
    /// and a walker gets a reference by the pfn. Every such cut is tried.
    /// </summary>
    [Theory]
    [InlineData(MemoryModel.Weak, FirstRef.Plain, true)]
    [InlineData(MemoryModel.Weak, FirstRef.Release, false)]
    [InlineData(MemoryModel.Tso, FirstRef.Plain, false)]
    [InlineData(MemoryModel.Sc, FirstRef.Plain, false)]
    public void A_first_reference_that_is_a_plain_store_may_come_before_nr_pages(MemoryModel model, FirstRef first, bool found)
    {
        int violated = 0, referenced = 0;
        for (int oldest = 0; oldest < 24; oldest++)
            for (int youngest = 0; youngest < 24; youngest++)
            {
                var stage = new Stage(new Policy { MemoryModel = model, FirstRef = first });
                Machine machine = stage.Machine;
                stage.Begin(async cpu => { await DriverMemory.Allocate(cpu, DriverProducer.Sg, 2); }, 1);
                stage.StepTo(1, Step.A9);
                int pfn = machine.Cpus[1].Pending.Location / Layout.WordsPerPage;
                machine.Step(machine.Cpus[1]);
                for (int i = 0; i < oldest; i++) Drain(machine, 1, 0);
                for (int i = 0; i < youngest; i++) Drain(machine, 1, 1);
                stage.Run(async cpu => { if (await PfnWalkers.Offline(cpu, pfn) != pfn + 1) referenced++; }, 2);
                if (stage.Violation is null) continue;
                stage.AssertViolates("I06");
                violated++;
            }
        Assert.Equal(found, violated > 0);
        Assert.True(referenced > 0, "no walk got a reference of the whole folio");
    }

    /// <summary>One of the two units that let a CPU's stores out: 0 the oldest, 1 the youngest. Nothing when it has none.</summary>
    private static void Drain(Machine machine, int cpu, int which)
    {
        int unit = Machine.FirstUnit + cpu * 2 + which;
        if ((machine.Runnable >> unit & 1) != 0) machine.Step(machine.Steppers[unit]);
    }

    /// <summary>Lets every store out.</summary>
    private static void Settle(Machine machine)
    {
        for (uint units; (units = machine.Runnable >> Machine.FirstUnit << Machine.FirstUnit) != 0;)
            machine.Step(machine.Steppers[BitOperations.TrailingZeroCount(units)]);
    }
}
