using StressFarm.Exploration.Records;

namespace StressFarm.Exploration.Exhaustive;

/// <summary>How a search ended.</summary>
public enum SearchEnd : byte
{
    /// <summary>There is no state that it has not been in.</summary>
    Exhausted,
    /// <summary>At the first violation, as was asked.</summary>
    Violated,
    OutOfTime,
    OutOfMemory,
    /// <summary>More states than were allowed.</summary>
    OutOfStates,
    Interrupted,
}

/// <summary>What was violated, as far as it does not depend on how it came to it.</summary>
public readonly record struct Flaw(string Invariant, string Field)
{
    public static Flaw Of(Violation v) => new(v.Invariant.Id, v.Field);
}

/// <summary>What a search has come to so far. Written by its thread; others read the counts for their progress.</summary>
public sealed class SearchResult
{
    public SearchEnd End { get; internal set; }
    /// <summary>How often the search went through the programme: until it learned nothing new. All counts are of the last time.</summary>
    public int Passes { get; internal set; }
    /// <summary>Steps of all passes.</summary>
    public long AllTransitions => _before + Transitions;
    private long _before;
    /// <summary>Different states, those at which nobody can step included.</summary>
    public long States { get; internal set; }
    /// <summary>Steps that were taken, each from one state to another.</summary>
    public long Transitions { get; internal set; }
    /// <summary>Different states at which nobody can step.</summary>
    public long FinalStates { get; internal set; }
    /// <summary>Paths that came to an end: at a final state, a violation, or a state that was known.</summary>
    public long Executions { get; internal set; }
    /// <summary>Steps of the longest path.</summary>
    public int Depth { get; internal set; }
    /// <summary>Bytes of the states that are kept, and of the path.</summary>
    public long Bytes { get; internal set; }
    /// <summary>Each flaw with the first schedule that led to it.</summary>
    public SortedDictionary<Flaw, byte[]> Flaws { get; } = new(FlawOrder);
    internal static IComparer<Flaw> FlawOrder { get; } = Comparer<Flaw>.Create((a, b) =>
        string.CompareOrdinal(a.Invariant, b.Invariant) is var order and not 0 ? order : string.CompareOrdinal(a.Field, b.Field));
    /// <summary>Of each flaw, what the first schedule that led to it shows.</summary>
    public IReadOnlyDictionary<Flaw, RawSignature> Signatures => _signatures;
    private readonly Dictionary<Flaw, RawSignature> _signatures = [];
    /// <summary>The final states, where they were to be kept.</summary>
    public HashSet<UInt128> Finals { get; } = [];

    /// <summary>The probability that two of so many states have one key of so many bits, at most: n²/2^(bits+1).</summary>
    public double CollisionProbability(int bits) => (double)States * States * Math.Pow(2, -bits - 1);

    internal void BeginPass()
    {
        _before = AllTransitions;
        States = Transitions = FinalStates = Executions = 0;
        Depth = 0;
        Finals.Clear();
    }

    internal void Note(Violation violation, Func<byte[]> schedule)
    {
        Flaw flaw = Flaw.Of(violation);
        if (Flaws.ContainsKey(flaw)) return;
        Flaws.Add(flaw, schedule());
        _signatures.Add(flaw, RawSignature.Of(violation));
    }
}
