using StressFarm.Exploration.Records;
using StressFarm.Exploration.Replays;
using StressFarm.Exploration.Schedules;
using StressFarm.Exploration.Strategies;

namespace StressFarm.Exploration.Shrinking;

/// <summary>Which policy dimension a violation hangs on.</summary>
internal static class Silencer
{
    /// <summary>What stands for a dimension when the cause is planted: a known bug, or a step that a mutant drops.</summary>
    public const string Bug = "bug";
    private const int Searches = 30;

    /// <summary>
    /// The first dimension, in the spec's order, whose control value silences the schedule: nothing is violated when the
    /// same choices are followed, nor does the signature come back in a few fresh schedules of the same programme. (A design
    /// change shifts the steps, so the choices alone may miss the bug by chance.) When none passes both, the first that
    /// silences the choices; then a planted bug; then "". The name is the spec's: "CMP".
    /// </summary>
    public static string Of(ScenarioRunner runner, Scenario scenario, RawSignature signature)
    {
        Policy policy = scenario.Cell.Policy;
        string byChoices = "";
        foreach (Dimension dimension in Dimension.Order)
        {
            int control = dimension.Get(Policy.Control);
            if (dimension.Get(policy) == control || dimension is BitDimension) continue;
            Policy mended = dimension.With(policy, control);
            if (Violates(runner, scenario, mended)) continue;
            if (byChoices.Length == 0) byChoices = dimension.SpecName;
            if (!Recurs(runner, scenario, signature, mended)) return dimension.SpecName;
        }
        if (byChoices.Length > 0) return byChoices;
        Policy unplanted = policy with { Deviations = Deviation.None, Dropped = Step.None };
        return unplanted != policy && !Violates(runner, scenario, unplanted) ? Bug : "";
    }

    private static bool Violates(ScenarioRunner runner, Scenario scenario, Policy policy)
    {
        runner.Run(scenario, policy);
        return runner.Violation is not null;
    }

    private static bool Recurs(ScenarioRunner runner, Scenario scenario, RawSignature signature, Policy policy)
    {
        int length = Math.Max(1, scenario.Choices.Count);
        Strategy[] strategies = [new RandomWalk(), new Pct(2, length), new Pct(3, length)];
        for (int i = 0; i < Searches; i++)
        {
            Strategy strategy = scenario.Fair ? strategies[0] : strategies[i % strategies.Length];
            runner.Run(scenario, strategy, Pcg.Mix(scenario.Seed + (ulong)i), policy);
            if (runner.Signature == signature) return true;
        }
        return false;
    }
}
