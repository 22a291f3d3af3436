using StressFarm.Exploration.Records;

namespace StressFarm.Exploration.Feedback;

/// <summary>How many tickets an arm has when the seed draws one.</summary>
public sealed record ArmWeight(string Strategy, int Weight);

/// <summary>
/// What a generation of a cell knows of those before it: a pure function of the records of the generations up to the one before
/// the last, so that nobody waits for the last one. A feedback shard is a pure function of (cell, seeds, this).
/// </summary>
/// <param name="Coverage">the map of the species seen; empty for none</param>
/// <param name="Parents">oldest first</param>
/// <param name="Weights">of all the arms, sorted by strategy</param>
public sealed record GenerationInput(long Generation, byte[] Coverage, IReadOnlyList<Parent> Parents, IReadOnlyList<ArmWeight> Weights)
{
    /// <summary>Parents that are kept; the newest, since what was found late is rare.</summary>
    public const int MostParents = 64;

    /// <summary>Nothing is known: the input of the generations 0 and 1.</summary>
    public static GenerationInput Empty(long generation) => new(generation, [], [], ArmWeights.Even);
}
