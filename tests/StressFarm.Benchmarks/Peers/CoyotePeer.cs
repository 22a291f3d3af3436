using Microsoft.Coyote;
using Microsoft.Coyote.Actors;
using Microsoft.Coyote.Logging;
using Microsoft.Coyote.SystematicTesting;

namespace StressFarm.Benchmarks;

/// <summary>
/// Coyote's systematic testing of <see cref="FolioRace"/>, in this process, under its random strategy: three actors are the
/// CPUs. Actors need no rewriting of assemblies. A step is a decision, by Coyote's own count: who goes on before a shared
/// access, or which page.
/// </summary>
public static class CoyotePeer
{
    /// <summary>Shared accesses of one of Coyote's iterations.</summary>
    private const int Accesses = 20_000;

    /// <summary>The version of the package.</summary>
    public static string Version => typeof(TestingEngine).Assembly.GetName().Version!.ToString(3);

    /// <summary>Iterations with a seed, together with what happened in them.</summary>
    /// <exception cref="PeerException">it found a bug, or took fewer steps than there were accesses</exception>
    public static Sample Run(int iterations, uint seed, List<FolioRace>? races = null)
    {
        races ??= [];
        Configuration configuration = Configuration.Create()
            .WithTestingIterations((uint)iterations)
            .WithRandomGeneratorSeed(seed)
            .WithRandomStrategy()
            .WithMaxSchedulingSteps(100 * Accesses)
            // Without it a test that Coyote cannot control goes on uncontrolled, and counts no steps.
            .WithSystematicFuzzingFallbackEnabled(false)
            .WithVerbosityEnabled(VerbosityLevel.None)
            .WithTelemetryEnabled(false);
        using TestingEngine engine = TestingEngine.Create(configuration, runtime => Start(runtime, races));
        Sample sample = Sample.Of(() =>
        {
            Silently(engine.Run);
            return engine.TestReport.TotalExploredFairSteps;
        });
        if (engine.TestReport.NumOfFoundBugs > 0) throw new PeerException($"Coyote: {engine.TestReport.BugReports.First().ReplaceLineEndings(" ")}");
        long accesses = races.Sum(r => r.Accesses);
        if (races.Count != iterations || accesses < (long)iterations * Accesses || sample.Steps < accesses)
            throw new PeerException($"Coyote: {sample.Steps} steps for {accesses} accesses in {races.Count} of {iterations} iterations; it did not control the program");
        return sample;
    }

    /// <summary>Whatever its verbosity, it says on the console which iteration it is at.</summary>
    private static void Silently(Action run)
    {
        TextWriter console = Console.Out;
        Console.SetOut(TextWriter.Null);
        try
        {
            run();
        }
        finally
        {
            Console.SetOut(console);
        }
    }

    private static void Start(IActorRuntime runtime, List<FolioRace> races)
    {
        var race = new FolioRace(Accesses, (holds, what) => runtime.Assert(holds, what));
        races.Add(race);
        for (int cpu = 0; cpu < 3; cpu++) runtime.CreateActor(typeof(CpuActor), new Begin(race, cpu));
    }

    private sealed class Begin(FolioRace race, int cpu) : Event
    {
        public FolioRace Race { get; } = race;
        public int Cpu { get; } = cpu;
    }

    /// <summary>A CPU. Only Coyote creates it.</summary>
    private sealed class CpuActor : Microsoft.Coyote.Actors.Actor
    {
        protected override Task OnInitializeAsync(Event initialEvent)
        {
            var begin = (Begin)initialEvent;
            if (begin.Cpu == 2) begin.Race.SplitAndMakeAnew();
            else begin.Race.PinAndUnpin(RandomInteger);
            return Task.CompletedTask;
        }
    }
}
