using StressFarm.Exploration.Replays;

namespace StressFarm.Exploration.Shrinking;

/// <summary>A scenario that was seen to violate, with its measures.</summary>
/// <param name="OperationOf">which operation of its CPU's edited programme each choice was a step of</param>
/// <param name="Operations">operations left in the programme, set-up included</param>
public sealed record Reproducer(Scenario Scenario, IReadOnlyList<int> OperationOf, int Operations, ulong Digest)
{
    /// <summary>Concurrent steps up to the violation.</summary>
    public int Length => Scenario.Choices.Count;
    public int Switches { get; } = Scenario.SwitchesOf(Scenario.Choices);
}

/// <summary>What shrinking one finding may cost; counted in work and not in time, so that the result is always the same.</summary>
public sealed class ShrinkBudget
{
    public const int MostReplays = 3000;
    public const long MostSteps = 3_000_000;

    public int Replays { get; private set; }
    public long Steps { get; private set; }
    public bool Spent => Replays >= MostReplays || Steps >= MostSteps;

    public void Charge(long steps)
    {
        Replays++;
        Steps += steps;
    }
}
