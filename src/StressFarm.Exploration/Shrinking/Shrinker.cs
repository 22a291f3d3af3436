using StressFarm.Exploration.Records;
using StressFarm.Exploration.Replays;

namespace StressFarm.Exploration.Shrinking;

/// <summary>
/// Makes a failing schedule small: first without whole threads, then without single operations, then with fewer context
/// switches. Every accepted step violates with the same raw signature; operations and length never grow. A pure function of
/// the scenario: its searches are seeded from it and its budget counts work.
/// </summary>
public sealed class Shrinker(ScenarioRunner runner, RawSignature signature, CancellationToken cancellation = default)
{
    private readonly ShrinkBudget _budget = new();

    /// <summary>Told of every accepted step, the first being the scenario as given.</summary>
    public Action<Reproducer>? Accepted { get; init; }
    public ShrinkBudget Budget => _budget;

    /// <summary>The smallest reproducer found; null when the scenario does not violate with the signature.</summary>
    public Reproducer? Shrink(Scenario scenario)
    {
        var trials = new ShrinkTrials(runner, signature, _budget, cancellation);
        // Most findings are no liveness: they recur without judging it, and then unfair schedules may be tried too.
        Reproducer? best = trials.Run(scenario with { Fair = false }) ?? (scenario.Fair ? trials.Run(scenario) : null);
        if (best is null) return null;
        Accepted?.Invoke(best);
        var operations = new OperationShrinker(runner, trials);
        var switches = new SwitchShrinker(trials);
        for (int round = 0; round < 3 && !trials.Spent; round++)
        {
            Reproducer before = best;
            foreach (Reproducer next in operations.Threads(best)) Accept(ref best, next);
            foreach (Reproducer next in operations.Operations(best)) Accept(ref best, next);
            foreach (Reproducer next in switches.Shrink(best)) Accept(ref best, next);
            if (ReferenceEquals(before, best)) break;
        }
        return best;
    }

    private void Accept(ref Reproducer best, Reproducer next)
    {
        best = next;
        Accepted?.Invoke(next);
    }
}
