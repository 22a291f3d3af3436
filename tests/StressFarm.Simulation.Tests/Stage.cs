namespace StressFarm.Simulation.Tests;

/// <summary>A small machine to direct by hand: runs operations alone, or steps CPUs one access at a time.</summary>
internal sealed class Stage
{
    public Stage(Policy? policy = null, int systemOrder = 5, int deviceOrder = -1, int pmdOrder = 3, int pages = 64, int exactOrder = 4)
    {
        Machine = new Machine(new Geometry(pages));
        Programme.Arena = new Arena(4, systemOrder, deviceOrder, pmdOrder, exactOrder);
        Machine.Reset(Programme.Arena, policy ?? Policy.Control, Programme);
    }

    public Machine Machine { get; }
    public Programme Programme { get; } = new();
    public MemMap Memory => Machine.Memory;
    public Ghost Ghost => Machine.Ghost;
    public Violation? Violation => Machine.Violation;

    /// <summary>Runs a protocol to its end on one CPU, alone.</summary>
    public Stage Run(Func<Cpu, Op> body, int cpu = 0, string name = "directed")
    {
        Begin(body, cpu, name);
        while (!Machine.Cpus[cpu].Finished && Violation is null) Machine.Step(Machine.Cpus[cpu]);
        return this;
    }

    /// <summary>As <see cref="Run"/>, with a result.</summary>
    public T Call<T>(Func<Cpu, Op<T>> body, int cpu = 0)
    {
        T result = default!;
        Run(async c => { result = await body(c); }, cpu);
        return result;
    }

    /// <summary>Names the protocol's first access and stops there.</summary>
    public void Begin(Func<Cpu, Op> body, int cpu, string name = "directed")
    {
        var operation = new Scripted(name, body);
        Programme.Cpu(cpu).Clear();
        Programme.Cpu(cpu).Add(new OpCall(operation));
        Machine.Start(Machine.Cpus[cpu], ProgrammeRun.Run(Machine.Cpus[cpu], Programme.Cpu(cpu)));
    }

    /// <summary>Steps a CPU until it is about to take <paramref name="step"/>.</summary>
    public void StepTo(int cpu, Step step)
    {
        Cpu c = Machine.Cpus[cpu];
        while (!c.Finished && c.Pending.Step != step && Violation is null) Machine.Step(c);
        Assert.True(Violation is not null || c.Pending.Step == step, $"CPU {cpu} finished before {step}");
    }

    public void Finish(int cpu)
    {
        Cpu c = Machine.Cpus[cpu];
        while (!c.Finished && Violation is null)
        {
            Assert.True((Machine.Runnable & (1u << cpu)) != 0, $"CPU {cpu} waits at {c.Pending.Step}");
            Machine.Step(c);
        }
    }

    /// <summary>A step that writes what no protocol would: plants a violation.</summary>
    public Stage Vandalise(Word word, ulong value) => Run(async cpu => { await cpu.Store(word, value, Step.Idle); }, 3, "vandal");
    public Stage Vandalise(Half half, uint value) => Run(async cpu => { await cpu.Store(half, value, Step.Idle); }, 3, "vandal");

    /// <summary>A published, unmapped folio with one reference held by CPU 0; its pfn.</summary>
    public int Folio(int order)
    {
        int pfn = Call(cpu => BuddyAllocator.AllocPages(cpu, order, Alloc.Folio, order == 0 ? Owner.Small : Owner.Folio));
        Ghost.Publish(Machine.Cpus[0], Ghost.ObjectOf(pfn));
        return pfn;
    }

    public void AssertClean() => Assert.True(Violation is null, Violation?.ToString());

    public void AssertViolates(string id)
    {
        Assert.True(Violation is not null, $"{id} did not fire: nothing was violated");
        Assert.Equal(id, Violation.Invariant.Id);
    }

    private sealed class Scripted(string id, Func<Cpu, Op> body) : Operation
    {
        public override string Id => id;
        public override string Summary => "a test's own";
        public override Op Run(Cpu cpu, OpCall call) => body(cpu);
    }
}
