namespace StressFarm.Exploration.Tests;

/// <summary>One memory that lives through the operations of all workloads.</summary>
public class EverythingTests
{
    private static readonly Dictionary<string, int> s_none = [];
    private static readonly Workload s_everything = Catalog<Workload>.Find("everything")!;

    private static SoakSection Section(Geometry geometry, int number, Policy? policy = null, int schedules = 16) =>
        SoakSection.Of(new Cell(policy ?? Policy.Control, s_everything, "portfolio", geometry, s_none), number, 7, schedules);

    private static IEnumerable<Type> OperationsOf(Programme programme) =>
        Enumerable.Range(0, programme.Arena.Cpus).SelectMany(programme.Cpu).Concat(programme.Setup).Select(call => call.Operation.GetType());

    [Fact]
    public void Every_other_workload_is_a_guest() =>
        Assert.Equal(Catalog<Workload>.Ids.Where(id => id != s_everything.Id), Everything.Guests.Select(g => g.Id).Order(StringComparer.Ordinal));

    [Fact]
    public void Every_operation_of_every_workload_comes_up()
    {
        var programme = new Programme();
        var geometry = new Geometry(1024, 4);
        HashSet<Type> theirs = [], ours = [];
        for (ulong seed = 0; seed < 400; seed++)
            foreach (Workload guest in Everything.Guests)
            {
                programme.Compose(guest, geometry, seed, s_none);
                theirs.UnionWith(OperationsOf(programme));
            }
        for (ulong seed = 0; seed < 20_000; seed++)
        {
            programme.Compose(s_everything, geometry, seed, s_none);
            ours.UnionWith(OperationsOf(programme));
        }
        Assert.Empty(theirs.Except(ours).Select(t => t.Name));
    }

    [Theory]
    [InlineData(32, 1)]
    [InlineData(256, 4)]
    [InlineData(32768, 8)]
    public void What_is_the_memorys_stays_the_same_and_guests_get_on(int pages, int cpus)
    {
        var geometry = new Geometry(pages, cpus);
        var programme = new Programme();
        var lives = new HashSet<Arena>();
        for (int number = 0; number < 12; number++)
        {
            SoakSection section = Section(geometry, number);
            SectionLife life = SectionLife.Of(section, programme);
            lives.Add(life.Arena);
            for (ulong seed = section.FirstSeed; seed < section.FirstSeed + 500; seed++)
            {
                programme.Compose(s_everything, geometry, seed, life.Cell.FixedParameters);
                Arena arena = programme.Arena;
                Assert.Equal(life.Arena, arena with { Cpus = 1, PmdOrder = 0, Memcgs = 1, HugeOrder = 0, VmemmapOrder = life.Arena.VmemmapOrder });
                Assert.InRange(arena.Cpus, 1, cpus);
                Assert.InRange(arena.PmdOrder, 1, arena.Hotplug ? arena.SectionOrder : 4);
                HashSet<Type> operations = [.. OperationsOf(programme)];
                bool dax = operations.Contains(typeof(DaxMount));
                Assert.False(dax && operations.Overlaps([typeof(DeviceAlloc), typeof(MigrateToDevice), typeof(MemunmapPages)]));
                bool goes = operations.Contains(typeof(OfflineSection)) || operations.Contains(typeof(MemunmapPages));
                Assert.False(goes && (!arena.Hotplug || operations.Overlaps([typeof(CompactionWalk), typeof(StaleLookups), typeof(DevicePfnWalk), typeof(SplitByPfn)])));
                Assert.False(operations.Contains(typeof(ForkAll)) && operations.Overlaps([typeof(DeviceEvict), typeof(SplitUnmappedFolio)]));
                Assert.InRange(programme.Setup.Count(c => c.Operation is DeviceCarve), 0, 1);
            }
        }
        Assert.Contains(lives, a => a.Hotplug);
        Assert.Contains(lives, a => !a.Hotplug);
    }

    /// <summary>A page of one schedule's owner is the next schedule's owner's: every kind after every other.</summary>
    [Fact]
    public void Memory_is_passed_from_each_kind_of_owner_to_each_other()
    {
        Owner[] kinds = [Owner.Small, Owner.Folio, Owner.Compound, Owner.Block, Owner.Slab, Owner.LargeKmalloc];
        var geometry = new Geometry(256, 4);
        var programme = new Programme();
        SoakSection section = Section(geometry, 0);
        SectionLife life = SectionLife.Of(section, programme);
        Strategy strategy = new ShardExecutor(geometry).Prepare(life.Cell);
        var runner = new ScheduleRunner(new Machine(geometry));
        runner.Machine.Reset(life.Arena, Policy.Control, null);
        var last = new Owner[geometry.Pages];
        var passed = new HashSet<(Owner, Owner)>();
        for (ulong seed = section.FirstSeed; seed < section.FirstSeed + 6000; seed++)
        {
            programme.Compose(s_everything, geometry, seed, life.Cell.FixedParameters);
            Assert.Equal(ScheduleEnd.Done, runner.Continue(programme, Policy.Control, strategy, seed, whole: false, SoakSection.Drains(seed)).End);
            for (int id = 0; id < runner.Machine.Ghost.ObjectCount; id++)
            {
                ref GhostObject o = ref runner.Machine.Ghost[id];
                for (int pfn = o.Head; pfn < o.Head + (1 << o.Order); pfn++)
                {
                    passed.Add((last[pfn], o.Kind));
                    last[pfn] = o.Kind;
                }
            }
        }
        Assert.All(kinds, from => Assert.All(kinds, to => Assert.Contains((from, to), passed)));
        Assert.Contains((Owner.DevFolio, Owner.DevFolio), passed);
    }

    [Theory]
    [InlineData(64, 8)]
    [InlineData(256, 4)]
    [InlineData(32768, 2)]
    public void A_memory_that_comes_back_from_bytes_goes_on_as_if_it_had_stayed(int pages, int cpus)
    {
        var geometry = new Geometry(pages, cpus);
        var programme = new Programme();
        ScheduleRunner stays = new(new Machine(geometry)), comes = new(new Machine(geometry));
        for (int number = 0; number < 8; number++)
        {
            SoakSection section = Section(geometry, number);
            SectionLife life = SectionLife.Of(section, programme);
            Strategy strategy = new ShardExecutor(geometry).Prepare(life.Cell);
            stays.Machine.Reset(life.Arena, life.Cell.Policy, null);
            for (ulong seed = section.FirstSeed; seed < section.FirstSeed + 40; seed++)
            {
                MachineState.Restore(comes.Machine, MachineState.Capture(stays.Machine, 0));
                programme.Compose(s_everything, geometry, seed, life.Cell.FixedParameters);
                ScheduleResult result = stays.Continue(programme, life.Cell.Policy, strategy, seed, whole: seed % 8 == 0, SoakSection.Drains(seed));
                Assert.Equal(ScheduleEnd.Done, result.End);
                Assert.Equal(result, comes.Continue(programme, life.Cell.Policy, strategy, seed, whole: seed % 8 == 0, SoakSection.Drains(seed)));
                Assert.Equal(MachineState.Capture(stays.Machine, 0), MachineState.Capture(comes.Machine, 0));
            }
        }
    }

    /// <summary>Eight sections, two with LIFO lists and some whose parts can be taken away, each with a whole audit an epoch.</summary>
    [Theory]
    [InlineData(64, 2)]
    [InlineData(256, 4)]
    [InlineData(32768, 8)]
    public void Control_is_clean_over_hundreds_of_epochs(int pages, int cpus)
    {
        var geometry = new Geometry(pages, cpus);
        var executor = new SoakExecutor(geometry, new ShardExecutor(geometry));
        for (int number = 0; number < 8; number++)
        {
            Checkpoint? at = null;
            for (long epoch = 0; epoch < 40; epoch++)
            {
                (ShardRecord record, at) = executor.Run(Section(geometry, number, schedules: 8), epoch, at);
                Assert.Empty(record.Findings);
                Assert.Equal((8L, 0L), (record.Schedules, record.DeterminismMismatches));
            }
        }
    }

    /// <summary>Bugs of several families, each in a soak of four sections.</summary>
    [Theory]
    [InlineData("Z03", 8)]
    [InlineData("Z09", 32)]
    [InlineData("Z21", 32)]
    [InlineData("Z28", 8)]
    [InlineData("Z15", 8)]
    [InlineData("Z23", 8)]
    public void A_planted_bug_is_found_within_so_many_epochs(string id, int epochs)
    {
        KnownBug bug = Catalog<KnownBug>.Find(id)!;
        var geometry = new Geometry(256, 4);
        var executor = new SoakExecutor(geometry, new ShardExecutor(geometry));
        var at = new Checkpoint?[4];
        for (long epoch = 0; epoch < epochs; epoch++)
            for (int number = 0; number < at.Length; number++)
            {
                (ShardRecord record, at[number]) = executor.Run(Section(geometry, number, bug.Plant(Policy.Control), schedules: 256), epoch, at[number]);
                if (record.Findings.Any(f => bug.Invariants.Contains(f.Invariant))) return;
            }
        Assert.Fail($"{id} was not found in {epochs} epochs of {at.Length} sections");
    }
}
