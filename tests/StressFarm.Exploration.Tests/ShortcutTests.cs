namespace StressFarm.Exploration.Tests;

/// <summary>What the engine leaves out, remembers or asks by table, against the same without: every choice, digest and violation must be equal.</summary>
public class ShortcutTests
{
    private const int PctSteps = 500;
    private static readonly Geometry s_geometry = new(4096, 4);
    private static readonly Dictionary<string, int> s_none = [];

    public static TheoryData<string> Workloads => [.. Catalog<Workload>.Ids];

    /// <summary>A policy of each kind: silent, violated, planted bugs, mutants, and memory models in which stores wait.</summary>
    private static IEnumerable<Policy> Policies(int mutants)
    {
        foreach (Preset preset in Catalog<Preset>.All) yield return preset.Policy;
        yield return Policy.Control with { MemoryModel = MemoryModel.Tso };
        yield return Policy.Control with { MemoryModel = MemoryModel.Weak };
        foreach (KnownBug bug in Catalog<KnownBug>.All) yield return bug.Plant(Policy.Control);
        foreach (Step step in Enum.GetValues<Step>().Where(s => s != Step.None).Take(mutants)) yield return Policy.Control with { Dropped = step };
    }

    private static ScheduleResult Run(ScheduleRunner runner, Programme programme, Workload workload, Policy policy, Strategy strategy, ulong seed)
    {
        programme.Compose(workload, s_geometry, seed, s_none);
        return runner.Run(programme, policy, strategy, seed);
    }

    [Theory, MemberData(nameof(Workloads))]
    public void Strategies_choose_as_they_would_if_they_remembered_nothing(string id)
    {
        Workload workload = Catalog<Workload>.Find(id)!;
        ScheduleRunner fast = new(new Machine(s_geometry)), plain = new(new Machine(s_geometry));
        var programme = new Programme();
        (Strategy Fast, Strategy Plain)[] pairs = [(new RandomWalk(), new PlainRandomWalk()), (new Pct(Pct.DefaultDepth, PctSteps), new PlainPct(PctSteps)), (new Pos(), new PlainPos())];
        int choices = 0;
        foreach (MemoryModel model in Enum.GetValues<MemoryModel>())
            foreach ((Strategy remembers, Strategy looks) in pairs)
                for (ulong seed = 0; seed < 25; seed++)
                {
                    Policy policy = Policy.Control with { MemoryModel = model };
                    ScheduleResult one = Run(fast, programme, workload, policy, remembers, seed), other = Run(plain, programme, workload, policy, looks, seed);
                    Assert.Equal(plain.Choices, fast.Choices);
                    Assert.Equal(other, one);
                    choices += fast.ChoiceCount;
                }
        Assert.True(choices > 10_000, $"{choices} choices");
    }

    /// <summary>A random walk that holds <see cref="StepMachine.IsQuiet"/> against what it stands for, after each step.</summary>
    private sealed class QuietWatch : Strategy
    {
        private readonly PlainRandomWalk _walk = new();
        public long Asked, Quiet, Wrong;
        public override string Id => "random";
        public override string Summary => "random, watching";
        public override bool Fair => true;
        public override void Begin(ulong seed, StepMachine machine) => _walk.Begin(seed, machine);
        public override int Next(StepMachine machine) => _walk.Next(machine);

        public override int Next(StepMachine machine, StepCpu stepped)
        {
            bool mayBeOver = machine.HasFound || machine.Runnable == 0 || stepped.OperationSteps > ScheduleRunner.OperationStepBound;
            Asked++;
            if (machine.IsQuiet) Quiet++;
            if (machine.IsQuiet && mayBeOver) Wrong++;
            return base.Next(machine, stepped);
        }
    }

    [Fact]
    public void A_quiet_machine_has_nothing_that_ends_a_run()
    {
        var runner = new ScheduleRunner(new Machine(s_geometry));
        var programme = new Programme();
        var watch = new QuietWatch();
        int violated = 0;
        foreach (Policy policy in Policies(mutants: 60))
            foreach (Workload workload in Catalog<Workload>.All)
                for (ulong seed = 0; seed < 4; seed++)
                    if (Run(runner, programme, workload, policy, watch, seed).End == ScheduleEnd.Violated) violated++;
        Assert.Equal(0, watch.Wrong);
        Assert.True(violated > 100, $"{violated} violated");
        Assert.True(watch.Quiet > watch.Asked * 9 / 10, $"quiet {watch.Quiet} of {watch.Asked} times");
    }

    /// <summary>One CPU, stepped for as long as it can, and how often whoever steps it was asked.</summary>
    private sealed class Lone(bool stays) : Stepper
    {
        public int Asked { get; private set; }
        public override long QuietSteps => 1_000_000;
        public override bool StaysWhileQuiet => stays;

        public override int Next(StepMachine machine, StepCpu stepped)
        {
            Asked++;
            return !machine.HasFound && machine.Runnable != 0 ? stepped.Number : -1;
        }
    }

    [Theory, MemberData(nameof(Workloads))]
    public void A_lone_CPU_asks_nobody_and_does_the_same(string id)
    {
        Workload workload = Catalog<Workload>.Find(id)!;
        var machine = new Machine(s_geometry);
        var programme = new Programme();
        foreach (Policy policy in Policies(mutants: 12))
            for (ulong seed = 0; seed < 3; seed++)
            {
                (long, ulong, string?) SetUp(Lone stepper)
                {
                    programme.Compose(workload, s_geometry, seed, s_none);
                    machine.Reset(programme.Arena, policy, programme);
                    Cpu cpu = machine.SetupCpu;
                    machine.Start(cpu, ProgrammeRun.Run(cpu, programme.Setup));
                    if (!cpu.Finished && machine.Violation is null && machine.Runnable != 0) machine.Run(cpu.Number, stepper);
                    return (machine.Steps, machine.Digest, machine.Violation?.Sentence);
                }
                var stays = new Lone(stays: true);
                var asked = new Lone(stays: false);
                Assert.Equal(SetUp(asked), SetUp(stays));
                Assert.True(stays.Asked <= 1, $"asked {stays.Asked} times");
                if (machine.Violation is null) Assert.Equal(machine.Steps, asked.Asked);
            }
    }

    private sealed class NoTrace : ITrace
    {
        public void Record(StepCpu cpu, in Access access, ulong old, ulong value) { }
        public void RecordRaw(StepCpu cpu, Word word, ulong old, ulong value) { }
    }

    [Theory, MemberData(nameof(Workloads))]
    public void The_straight_path_of_an_access_does_what_the_watched_one_does(string id)
    {
        Workload workload = Catalog<Workload>.Find(id)!;
        ScheduleRunner straight = new(new Machine(s_geometry)), watched = new(new Machine(s_geometry));
        watched.Machine.Trace = new NoTrace();
        var programme = new Programme();
        var walk = new RandomWalk();
        foreach (Policy policy in Policies(mutants: 0))
            for (ulong seed = 0; seed < 5; seed++)
            {
                ScheduleResult one = Run(straight, programme, workload, policy, walk, seed), other = Run(watched, programme, workload, policy, walk, seed);
                Assert.Equal(other, one);
                Assert.Equal(watched.Machine.Violation, straight.Machine.Violation);
            }
    }

    [Fact]
    public void The_judge_finds_by_its_tables_what_it_finds_when_it_asks_everybody()
    {
        ScheduleRunner tables = new(new Machine(s_geometry)), all = new(new Machine(s_geometry));
        all.Machine.Judge.AsksAll = true;
        var programme = new Programme();
        var walk = new RandomWalk();
        var found = new HashSet<string>();
        (ScheduleResult, string?) Outcome(ScheduleRunner runner, Policy policy, Workload workload, ulong seed)
        {
            try
            {
                return (Run(runner, programme, workload, policy, walk, seed), null);
            }
            catch (IndexOutOfRangeException e)
            {
                // Without a step a protocol may believe what no kernel could hold; a trial reports such a mutant as one that throws.
                return (default, e.StackTrace?.Split('\n')[0]);
            }
        }
        foreach (Policy policy in Policies(mutants: int.MaxValue))
            foreach (Workload workload in Catalog<Workload>.All)
                for (ulong seed = 0; seed < 2; seed++)
                {
                    (ScheduleResult, string?) one = Outcome(tables, policy, workload, seed), other = Outcome(all, policy, workload, seed);
                    Assert.Equal(other, one);
                    Assert.Equal(all.Machine.Violation, tables.Machine.Violation);
                    if (all.Machine.Violation is { } violation) found.Add(violation.Invariant.Id);
                }
        Assert.True(found.Count > 30, $"{found.Count} kinds of violation: {string.Join(' ', found.Order())}");
    }

    [Fact]
    public void An_object_of_the_ghost_is_64_bytes_and_knows_its_situation_whatever_was_set_last()
    {
        Assert.Equal(64, System.Runtime.CompilerServices.Unsafe.SizeOf<GhostObject>());
        var o = new GhostObject { Order = 200, Pins = 1, Phase = Phase.Live, Kind = Owner.Slab };
        Assert.Equal((200, true), (o.Order, o.IsCompound));
        Assert.Equal(new Situation(PageStates.Live, PageRole.Head, Pinned: true, Kept: true, Device: false), Situation.Numbered(o.HeadSituation));
        o.Kind = Owner.Folio;
        o.Pins = 0;
        Assert.Equal(new Situation(PageStates.Live, PageRole.Head, Pinned: false, Kept: false, Device: false), Situation.Numbered(o.HeadSituation));
        (o.FrozenOwner, o.Phase) = (true, Phase.Freeing);
        Assert.Equal(new Situation(PageStates.Freeing, PageRole.Head, Pinned: false, Kept: true, Device: false), Situation.Numbered(o.HeadSituation));
    }

    private abstract class OfRefcounts : Invariant
    {
        public override string Id => GetType().Name;
        public override string Statement => "planted";
        public override When When => When.Always;
        public override Severity Severity => Severity.Wrong;
        public override string Mirror => "none";
        public override ushort Reads => Halves.Refcount;
    }

    private sealed class Unconcerned : OfRefcounts
    {
        public override bool Concerns(Situation at) => false;
    }

    private sealed class Concerned : OfRefcounts
    {
        public override bool Concerns(Situation at) => at.Pinned && at.Role == PageRole.Head;
    }

    [Fact]
    public void A_table_leaves_out_whom_a_situation_does_not_concern_and_nobody_where_everybody_is_asked()
    {
        Invariant[] planted = [new Concerned(), new Unconcerned()];
        Invariant[] AskedBy(WriteTable table) => [.. table.Invariants.Select(l => l.Invariant).Distinct()];
        WriteTable table = WriteTable.Of(planted, Policy.Control, everything: false), everything = WriteTable.Of(planted, Policy.Control, everything: true);
        Assert.Equal([planted[0]], AskedBy(table));
        Assert.Equal(planted, AskedBy(everything));
        int refcount = Layout.Counts * 4 + 2;
        for (int number = 0; number < Situation.Count; number++)
        {
            var at = Situation.Numbered(number);
            Assert.Equal(at.Pinned && at.Role == PageRole.Head, table.ListOf[number * WriteTable.Parts + refcount] != 0);
            Assert.NotEqual(0, everything.ListOf[number * WriteTable.Parts + refcount]);
        }
    }
}
