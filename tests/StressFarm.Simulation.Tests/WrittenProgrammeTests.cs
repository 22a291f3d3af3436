namespace StressFarm.Simulation.Tests;

/// <summary>What workloads draw can be written as a programme, read back, and is the same programme.</summary>
public class WrittenProgrammeTests
{
    private const int Seeds = 100;
    private static readonly Geometry s_geometry = new(4096, 4);

    public static TheoryData<string> Workloads => [.. Catalog<Workload>.Ids];

    [Theory]
    [MemberData(nameof(Workloads))]
    public void What_a_workload_draws_is_written_and_read_back_as_it_was(string workload)
    {
        var programme = new Programme();
        for (ulong seed = 0; seed < Seeds; seed++)
        {
            programme.Compose(Catalog<Workload>.Find(workload)!, s_geometry, seed, new Dictionary<string, int>());
            WrittenProgramme written = WrittenProgramme.Of(programme);
            WrittenProgramme? read = ProgrammeText.TryRead(written.Canonical, out string error);
            Assert.True(read is not null, $"{workload}, seed {seed}: {error}\n{written.Canonical}");
            Assert.Equal(written.Canonical, read.Canonical);
            Assert.Equal(written.Key, read.Key);
            Assert.Equal((written.Arena, written.Allocator), (read.Arena, read.Allocator));
            Assert.Equal(programme.Arena, read.Arena);
            Assert.Equal(written.Setup, read.Setup);
            Assert.Equal(written.Cpus, read.Cpus);
        }
    }

    /// <summary>The guests of "everything" drew on memories of their own: what asks this one for more than it has takes a few steps to get nothing.</summary>
    public static TheoryData<string> Exact => [.. Catalog<Workload>.Ids.Where(id => id != "everything")];

    /// <summary>Written without what does nothing, it takes the same steps.</summary>
    [Theory]
    [MemberData(nameof(Exact))]
    public void A_programme_that_is_written_down_runs_as_the_drawn_one(string workload)
    {
        var none = new Dictionary<string, int>();
        var programme = new Programme();
        var machine = new Machine(s_geometry);
        for (ulong seed = 0; seed < Seeds; seed++)
        {
            programme.Compose(Catalog<Workload>.Find(workload)!, s_geometry, seed, none);
            WrittenProgramme written = WrittenProgramme.Of(programme);
            ulong drawn = Alone(machine, programme);
            programme.Compose(written, s_geometry, seed, none);
            Assert.True(drawn == Alone(machine, programme), $"{workload}, seed {seed}:\n{written.Canonical}");
        }
    }

    /// <summary>The steps of the CPUs one after the other, under control, in an order that any CPU's blocking leads on from.</summary>
    private static ulong Alone(Machine machine, Programme programme)
    {
        machine.Reset(programme.Arena, Policy.Control with { Allocator = programme.DrawnAllocator }, programme);
        machine.Start(machine.SetupCpu, ProgrammeRun.Run(machine.SetupCpu, programme.Setup));
        while (!machine.SetupCpu.Finished) machine.Step(machine.SetupCpu);
        for (int cpu = 0; cpu < programme.Arena.Cpus; cpu++) machine.Start(machine.Cpus[cpu], ProgrammeRun.Run(machine.Cpus[cpu], programme.Cpu(cpu)));
        while (machine.Runnable != 0 && machine.Violation is null) machine.Step(machine.Steppers[int.TrailingZeroCount((int)machine.Runnable)]);
        return machine.Digest;
    }
}
