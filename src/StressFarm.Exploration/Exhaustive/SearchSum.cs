using StressFarm.Exploration.Records;

namespace StressFarm.Exploration.Exhaustive;

/// <summary>What a flaw was seen by first.</summary>
/// <param name="Schedule">that leads to it, from the programme's first step</param>
public sealed record SeenFlaw(RawSignature Signature, byte[] Schedule);

/// <summary>What the searches of one programme, or of a part of it, add up to.</summary>
public sealed class SearchSum
{
    /// <summary>A search came to more states than were allowed.</summary>
    public bool Unfinished { get; private set; }
    public long States { get; private set; }
    public long Transitions { get; private set; }
    public long FinalStates { get; private set; }
    /// <summary>In the order of their invariants and fields.</summary>
    public SortedDictionary<Flaw, SeenFlaw> Flaws { get; } = new(SearchResult.FlawOrder);

    public SearchCounts Counts => new(
        Flaws.Count == 0 && !Unfinished ? 1 : 0, Flaws.Count > 0 ? 1 : 0, Flaws.Count == 0 && Unfinished ? 1 : 0, States, Transitions, FinalStates, States);

    /// <summary>Of all that another search of the same must have in common with this one.</summary>
    public ulong Digest
    {
        get
        {
            ulong digest = Pcg.Mix((ulong)States);
            foreach (long count in (long[])[Transitions, FinalStates, Unfinished ? 1 : 0]) digest = Pcg.Mix(digest ^ (ulong)count);
            foreach (SeenFlaw flaw in Flaws.Values) digest = Pcg.Mix(digest ^ StableHash.Of($"{flaw.Signature}|{string.Join(' ', flaw.Schedule)}"));
            return digest;
        }
    }

    /// <summary>A step to a state that is new, or not.</summary>
    internal void Stepped(bool isNew, bool isFinal)
    {
        Transitions++;
        if (isNew) Met(isFinal);
    }

    /// <summary>A state that is new.</summary>
    internal void Met(bool isFinal)
    {
        States++;
        if (isFinal) FinalStates++;
    }

    internal void Note(Violation violation, byte[] schedule) => Flaws.TryAdd(Flaw.Of(violation), new(RawSignature.Of(violation), schedule));

    internal void LeaveUnfinished() => Unfinished = true;

    internal void Add(SearchResult search)
    {
        if (search.End != SearchEnd.Exhausted) LeaveUnfinished();
        States += search.States;
        Transitions += search.Transitions;
        FinalStates += search.FinalStates;
        foreach ((Flaw flaw, byte[] schedule) in search.Flaws) Flaws.TryAdd(flaw, new(search.Signatures[flaw], schedule));
    }
}
