namespace StressFarm.Exploration.Tests;

/// <summary>The workloads on system memory: control silent, known bugs and disputed designs found, everything reached.</summary>
public class SystemWorkloadTests
{
    private static readonly Geometry s_geometry = new(256, 4);
    private static readonly Dictionary<string, int> s_nothingFixed = [];

    private sealed class Run
    {
        private readonly Machine _machine = new(s_geometry);
        private readonly ScheduleRunner _runner;
        private readonly Programme _programme = new();
        private readonly RandomWalk _strategy = new();

        public Run() => _runner = new ScheduleRunner(_machine) { WholeAuditEvery = 64 };

        public Machine Machine => _machine;
        public long Steps { get; private set; }

        /// <summary>Runs seeds until the steps are used up or one violates; its seed, or 0.</summary>
        public ulong Until(string workload, Policy policy, ulong seed, long steps)
        {
            Workload found = Catalog<Workload>.Find(workload)!;
            for (Steps = 0; Steps < steps; seed++)
            {
                _programme.Compose(found, s_geometry, seed, s_nothingFixed);
                ScheduleResult result = _runner.Run(_programme, policy, _strategy, seed);
                Steps += result.Steps;
                if (result.End != ScheduleEnd.Done) return seed;
            }
            return 0;
        }
    }

    [Theory]
    [InlineData("driver-mmap", "control")]
    [InlineData("slab-compound", "control")]
    [InlineData("pfn-walk", "control")]
    [InlineData("mixed", "control")]
    [InlineData("driver-mmap", "rfc-skip-rmap")]
    [InlineData("driver-mmap", "rfc-order0")]
    [InlineData("slab-compound", "slab-counted")]
    [InlineData("pfn-walk", "pfn-getter")]
    [InlineData("slab-compound", "head-pointer")]
    public void Silent(string workload, string policy)
    {
        var run = new Run();
        ulong seed = run.Until(workload, Policy.TryParse(policy, out _)!, seed: 1, steps: 600_000);
        Assert.True(seed == 0, $"seed {seed}: {run.Machine.Violation}");
    }

    [Theory]
    [InlineData("driver-mmap", "rfc-v1", "I06")]
    [InlineData("driver-mmap", "rfc-gfp", "I06")]
    [InlineData("driver-mmap", "rfc-forbid-insert", "I36")]
    [InlineData("driver-mmap", "map=vnf-fail", "I18 I21")]
    [InlineData("slab-compound", "rfc-v1", "I18")]
    [InlineData("slab-compound", "rfc-order0", "I18")]
    // Published before page_rmappable_folio() has run (spec 4.1, i): the offlining walk reads _nr_pages 0.
    [InlineData("pfn-walk", "rfc-order0", "I06")]
    [InlineData("pfn-walk", "rfc-skip-rmap", "I06")]
    public void Found(string workload, string policy, string invariants)
    {
        var run = new Run();
        Assert.NotEqual(0UL, run.Until(workload, Policy.TryParse(policy, out _)!, seed: 1, steps: 5_000_000));
        Assert.Contains(run.Machine.Violation!.Invariant.Id, invariants, StringComparison.Ordinal);
    }

    /// <summary>Counts steps by (operation, step): silence is worth what was done.</summary>
    private sealed class Reached(Machine machine) : ITrace
    {
        public Dictionary<(string Operation, Step Step), int> Counts { get; } = [];
        public Dictionary<(string Operation, Owner Owner), int> Frees { get; } = [];

        public void Record(StepCpu cpu, in Access access, ulong old, ulong value)
        {
            string operation = cpu.Operation?.Id ?? "teardown";
            var key = (operation, access.Step);
            Counts[key] = Counts.GetValueOrDefault(key) + 1;
            if (access.Step != Step.F1) return;
            int id = machine.Ghost.ObjectOf(access.WordIndex / Layout.WordsPerPage);
            if (id == Ghost.NoObject) return;
            var free = (operation, machine.Ghost[id].Kind);
            Frees[free] = Frees.GetValueOrDefault(free) + 1;
        }

        public void RecordRaw(StepCpu cpu, Word word, ulong old, ulong value) { }

        public bool Saw(Step step) => Counts.Keys.Any(k => k.Step == step);
    }

    [Fact]
    public void Driver_memory_is_freed_by_the_driver_and_by_the_last_zap()
    {
        var run = new Run();
        var reached = new Reached(run.Machine);
        run.Machine.Trace = reached;
        run.Until("driver-mmap", Policy.Control, 1, 1_500_000);
        Assert.Contains(("driver_free_pages", Owner.Compound), reached.Frees.Keys);
        Assert.Contains(("zap_pte_range", Owner.Compound), reached.Frees.Keys);
        foreach (Step step in new[] { Step.I5, Step.FaultInsert, Step.ForkCopy, Step.QueueAdd, Step.UnqueueDel, Step.LmSlot })
            Assert.True(reached.Saw(step), $"{step} was never taken");
    }

    [Fact]
    public void Walkers_free_what_they_held_last()
    {
        var run = new Run();
        var reached = new Reached(run.Machine);
        run.Machine.Trace = reached;
        run.Until("pfn-walk", Policy.Control, 1, 1_000_000);
        string[] walkers = ["page_idle", "compaction", "offline_pages", "filemap_get_entry"];
        Assert.Contains(reached.Frees.Keys, k => walkers.Contains(k.Operation) && k.Owner is Owner.Folio or Owner.Small);
        Assert.Contains(reached.Frees.Keys, k => k is ("__free_pages", Owner.Block));
        foreach (Step step in new[] { Step.W4, Step.W5 }) Assert.True(reached.Saw(step), $"{step} was never taken");
    }

    [Fact]
    public void Slab_pages_change_hands()
    {
        var run = new Run();
        var reached = new Reached(run.Machine);
        run.Machine.Trace = reached;
        run.Until("slab-compound", Policy.Control, 1, 400_000);
        Assert.Contains(("kfree", Owner.Slab), reached.Frees.Keys);
        Assert.Contains(("kfree", Owner.LargeKmalloc), reached.Frees.Keys);
        Assert.Contains(("driver_free_pages", Owner.Folio), reached.Frees.Keys); // the huge zero folio
    }
}
