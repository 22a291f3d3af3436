namespace StressFarm.Exploration;

/// <summary>Of a cell whose programmes are searched, each in every interleaving: which, and how far.</summary>
/// <param name="States">of one search, at most</param>
/// <param name="Count">programmes of the workload's small scope, spread over it evenly; or parts of a programme that was written</param>
/// <param name="Depth">steps after which a programme that was written is taken apart; 0 for those of a scope</param>
public sealed record SearchTerms(long States, int Count, int Depth)
{
    /// <summary>What stands where a strategy's id does.</summary>
    public const string StrategyId = "exhaust";

    /// <summary>The number in its scope of the programme in this place of those that are searched.</summary>
    public int NumberOf(SmallScope scope, int place) => (int)((long)place * scope.Count / Count);
}
