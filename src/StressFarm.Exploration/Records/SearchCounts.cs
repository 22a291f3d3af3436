using System.Text.Json.Serialization;

namespace StressFarm.Exploration.Records;

/// <summary>What searches of programmes, each in every interleaving, came to. Those of several shards add up.</summary>
/// <param name="Exhausted">programmes of which every interleaving was run, and none violates anything</param>
/// <param name="Violated">programmes of which an interleaving violates something</param>
/// <param name="Unfinished">programmes that came to more states than were allowed, without a violation so far</param>
/// <param name="FinalStates">of the states, those at which nobody can step</param>
/// <param name="MostStates">the most states of one programme</param>
public sealed record SearchCounts(long Exhausted, long Violated, long Unfinished, long States, long Transitions, long FinalStates, long MostStates)
{
    public static SearchCounts None { get; } = new(0, 0, 0, 0, 0, 0, 0);

    [JsonIgnore]
    public long Programmes => Exhausted + Violated + Unfinished;

    public SearchCounts With(SearchCounts other) => new(
        Exhausted + other.Exhausted, Violated + other.Violated, Unfinished + other.Unfinished, States + other.States, Transitions + other.Transitions,
        FinalStates + other.FinalStates, Math.Max(MostStates, other.MostStates));
}
