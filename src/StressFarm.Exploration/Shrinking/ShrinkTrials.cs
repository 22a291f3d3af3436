using StressFarm.Exploration.Records;
using StressFarm.Exploration.Replays;
using StressFarm.Exploration.Schedules;
using StressFarm.Exploration.Strategies;

namespace StressFarm.Exploration.Shrinking;

/// <summary>Tries candidates: runs them and keeps those that still violate with the same raw signature.</summary>
internal sealed class ShrinkTrials(ScenarioRunner runner, RawSignature signature, ShrinkBudget budget, CancellationToken cancellation)
{
    /// <summary>Fresh schedules tried when a candidate does not fail under its projected choices.</summary>
    public const int Searches = 24;

    private ulong _searches;

    public bool Spent => budget.Spent;

    /// <summary>Runs the scenario as it is; the reproducer holds the choices that were really taken.</summary>
    public Reproducer? Run(Scenario scenario) =>
        Run(scenario, new Guided(scenario.Choices, scenario.Fair), 0);

    /// <summary>Looks for a schedule of the edited programme that fails, no longer than <paramref name="longest"/>.</summary>
    public Reproducer? Search(Scenario scenario, int longest, int searches = Searches)
    {
        var strategies = new Strategy[] { new RandomWalk(), new Pct(2, Math.Max(1, longest)), new Pct(3, Math.Max(1, longest)) };
        for (int i = 0; i < searches && !Spent; i++)
        {
            // A fair scenario is about liveness, which an unfair strategy must not judge.
            Strategy strategy = scenario.Fair ? strategies[0] : strategies[i % strategies.Length];
            ulong choiceSeed = Pcg.Mix(scenario.Seed ^ Pcg.Mix(++_searches));
            if (Run(scenario, strategy, choiceSeed) is { } found && found.Length <= longest) return found;
        }
        return null;
    }

    private Reproducer? Run(Scenario scenario, Strategy strategy, ulong choiceSeed)
    {
        if (Spent) return null;
        cancellation.ThrowIfCancellationRequested();
        var noting = new Noting(strategy);
        ScheduleResult result = runner.Run(scenario, noting, choiceSeed);
        budget.Charge(result.Steps);
        if (runner.Signature != signature) return null;
        int operations = 0;
        for (int list = 0; list < ProgrammeEdits.Lists; list++) operations += ProgrammeEdits.ListOf(runner.Programme, list).Count;
        return new Reproducer(scenario with { Choices = [.. runner.Choices] }, noting.Operations, operations, result.Digest);
    }

    /// <summary>Notes which operation each choice steps.</summary>
    private sealed class Noting(Strategy inner) : Strategy
    {
        public List<int> Operations { get; } = [];
        public override string Id => inner.Id;
        public override string Summary => inner.Summary;
        public override bool Fair => inner.Fair;
        public override void Begin(ulong seed, StepMachine machine) => inner.Begin(seed, machine);

        public override int Next(StepMachine machine)
        {
            int next = inner.Next(machine);
            Operations.Add(machine.Steppers[next].OperationNumber);
            return next;
        }
    }
}
