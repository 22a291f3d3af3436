namespace StressFarm.Exploration.Tests;

/// <summary>What the planted race of these tests violates. Not in the catalogue: only <see cref="Consume"/> raises it.</summary>
internal sealed class TornRead : Invariant
{
    public static TornRead Instance { get; } = new();
    public override string Id => "T01";
    public override string Statement => "the test word is never seen half written";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "none";
}

/// <summary>Words of the machine that no protocol uses in these schedules: page table locks of an unused mm.</summary>
internal static class TestWords
{
    public static Word Shared(Cpu cpu) => cpu.Machine.Cells.Ptl(Geometry.MaxMms - 1, Geometry.MaxTables - 1);
    /// <summary>How many accesses come before, or between.</summary>
    public static Parameter Accesses() => new(Domain.Number(0, 8), "accesses");
    public static Word Lock(Cpu cpu) => cpu.Machine.Cells.Ptl(Geometry.MaxMms - 1, Geometry.MaxTables - 2);
}

/// <summary>Writes the shared word in two accesses, the first of which nobody may see.</summary>
internal sealed class Publish : Operation
{
    // Before the instance, which declares it.
    private static readonly Parameter s_accesses = TestWords.Accesses();
    public static Publish Instance { get; } = new();
    public override string Id => "publish";
    public override string Summary => "writes the test word in two steps";

    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_accesses);

    public override async Op Run(Cpu cpu, OpCall call)
    {
        for (int i = 0; i < call[s_accesses]; i++) await cpu.Load(TestWords.Lock(cpu), Step.W1);
        await cpu.Store(TestWords.Shared(cpu), 1, Step.W2);
        await cpu.Store(TestWords.Shared(cpu), 0, Step.W3);
    }
}

/// <summary>Reads the shared word after other accesses.</summary>
internal sealed class Consume : Operation
{
    // Before the instance, which declares it.
    private static readonly Parameter s_accesses = TestWords.Accesses();
    public static Consume Instance { get; } = new();
    public override string Id => "consume";
    public override string Summary => "reads the test word";

    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_accesses);

    public override async Op Run(Cpu cpu, OpCall call)
    {
        for (int i = 0; i < call[s_accesses]; i++) await cpu.Load(TestWords.Lock(cpu), Step.W4);
        ulong seen = await cpu.Load(TestWords.Shared(cpu), Step.W5);
        // The second access a violation follows: an invariant listens to the local code after it.
        if (seen == 1 && cpu.Policy.Checks == Checks.On)
            ((Machine)cpu.Machine).Judge.Violate(TornRead.Instance, cpu, -1, TestWords.Shared(cpu).Low.Index, "test_word", "0", "1", "the test word is half written");
    }
}

/// <summary>Takes a lock, works, drops it: nothing that matters.</summary>
internal sealed class Noise : Operation
{
    // Before the instance, which declares it.
    private static readonly Parameter s_accesses = TestWords.Accesses();
    public static Noise Instance { get; } = new();
    public override string Id => "noise";
    public override string Summary => "locks, reads, unlocks";

    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_accesses);

    public override async Op Run(Cpu cpu, OpCall call)
    {
        await cpu.Lock(TestWords.Lock(cpu), Step.W6);
        for (int i = 0; i < call[s_accesses]; i++) await cpu.Load(TestWords.Lock(cpu), Step.W6);
        await cpu.Unlock(TestWords.Lock(cpu), Step.W6);
    }
}

/// <summary>The race among noise and ordinary faults.</summary>
internal sealed class RaceWorkload : Workload
{
    public static RaceWorkload Instance { get; } = new();
    public override string Id => "test-race";
    public override string Summary => "a planted race of depth 2";

    public override void Compose(Programme programme, Geometry geometry)
    {
        Shape shape = programme.Shape;
        int cpus = shape.Draw("cpus", 2, 4);
        int noise = shape.Draw("noise", 0, 4);
        programme.Arena = new Arena(cpus, 5, -1, 3);
        programme.Setup.Add(new(Noise.Instance, 1));
        programme.Setup.Add(AnonFault.Call(mm: 0, slot: 8));
        for (int cpu = 0; cpu < cpus; cpu++)
        {
            for (int i = 0; i < noise; i++) programme.Cpu(cpu).Add(Other(shape));
            if (cpu == 0) programme.Cpu(cpu).Add(new(Publish.Instance, shape.Pick(6)));
            if (cpu == 1) programme.Cpu(cpu).Add(new(Consume.Instance, shape.Pick(6)));
            for (int i = 0; i < noise; i++) programme.Cpu(cpu).Add(Other(shape));
        }
    }

    private static OpCall Other(Shape shape) => shape.OneIn(3)
        ? AnonFault.Call(mm: 0, slot: shape.Pick(8), order: shape.Pick(2))
        : new(Noise.Instance, shape.Pick(4));
}

internal static class TestCells
{
    public static Geometry Small { get; } = new(256, 4);
    private static readonly Dictionary<string, int> s_none = [];

    public static Cell Race(string strategy, Policy? policy = null, params (string Name, int Value)[] parameters) =>
        new(policy ?? Policy.Control, RaceWorkload.Instance, strategy, Small, parameters.ToDictionary(p => p.Name, p => p.Value));

    public static Cell Mixed(string strategy) =>
        new(Policy.Control, Catalog<Workload>.Find("mixed")!, strategy, Small, s_none);

    /// <summary>Resolves the test's workload and the catalogue's.</summary>
    public static Workload? Workloads(string id) => id == RaceWorkload.Instance.Id ? RaceWorkload.Instance : Catalog<Workload>.Find(id);

    /// <summary>The first violation of a cell, as a shard records it.</summary>
    public static RawFinding Finding(Cell cell, int schedules = 600) => new ShardExecutor(Small).Run(cell, 1, schedules).Findings.Single();
}
