using StressFarm.Exploration.Records;
using StressFarm.Exploration.Schedules;
using StressFarm.Exploration.Soak;
using StressFarm.Exploration.Strategies;

namespace StressFarm.Exploration.Replays;

/// <summary>Everything that fixes one schedule: what is run, what was taken out of it, and who steps when.</summary>
/// <param name="Choices">CPU numbers, one a concurrent step</param>
/// <param name="Fair">liveness is judged: the choices were drawn by a fair strategy</param>
public sealed record Scenario(Cell Cell, ulong Seed, ProgrammeEdits Edits, IReadOnlyList<byte> Choices, bool Fair)
{
    /// <summary>The memory it starts on; null for a pristine one.</summary>
    public StartState? Start { get; init; }

    /// <summary>How often the stepping CPU changes.</summary>
    public static int SwitchesOf(IReadOnlyList<byte> choices)
    {
        int switches = 0;
        for (int i = 1; i < choices.Count; i++)
            if (choices[i] != choices[i - 1]) switches++;
        return switches;
    }
}

/// <summary>Runs scenarios and edited programmes on a machine of its own. Not thread safe.</summary>
public sealed class ScenarioRunner(Geometry geometry)
{
    private readonly ScheduleRunner _runner = new(new Machine(geometry));

    public Machine Machine => _runner.Machine;
    public Programme Programme { get; } = new();
    /// <summary>The choices of the last run, up to its end.</summary>
    public IReadOnlyList<byte> Choices => _runner.Choices;
    public Violation? Violation => Machine.Violation;

    /// <summary>Runs a scenario, optionally under another policy.</summary>
    public ScheduleResult Run(Scenario scenario, Policy? policy = null) =>
        Run(scenario, new Guided(scenario.Choices, scenario.Fair), 0, policy);

    /// <summary>Runs a seed's programme less the edits under a strategy, on pristine memory.</summary>
    public ScheduleResult Run(Cell cell, ulong seed, ProgrammeEdits edits, Strategy strategy, ulong choiceSeed) =>
        Run(new Scenario(cell, seed, edits, [], strategy.Fair), strategy, choiceSeed);

    /// <summary>Runs a scenario's programme, edits and start under a strategy instead of its choices.</summary>
    public ScheduleResult Run(Scenario scenario, Strategy strategy, ulong choiceSeed, Policy? policy = null)
    {
        Cell cell = scenario.Cell;
        Programme.Compose(cell.Workload, geometry, scenario.Seed, cell.FixedParameters);
        scenario.Edits.Apply(Programme);
        if (scenario.Start is not { } start)
            return _runner.Run(Programme, policy ?? cell.Policy, strategy, choiceSeed, _runner.AuditsWhole(scenario.Seed));
        start.Lay(Machine);
        return _runner.Continue(Programme, policy ?? cell.Policy, strategy, choiceSeed, start.Whole, SoakSection.Drains(scenario.Seed));
    }

    /// <summary>The signature of the last run's violation; null when it had none.</summary>
    public RawSignature? Signature => Violation is { } v ? RawSignature.Of(v) : null;
}
