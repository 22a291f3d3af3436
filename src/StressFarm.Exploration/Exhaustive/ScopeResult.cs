namespace StressFarm.Exploration.Exhaustive;

/// <summary>An invariant that programmes of a scope violate.</summary>
/// <param name="Programmes">that do</param>
/// <param name="First">the lowest number of them</param>
/// <param name="Schedule">that programme's first one that was found</param>
public sealed record ScopeFlaw(int Programmes, int First, byte[] Schedule)
{
    internal ScopeFlaw With(ScopeFlaw other) =>
        (First < other.First ? this : other) with { Programmes = Programmes + other.Programmes };
}

/// <summary>What searches of a scope's programmes have come to. Those of its parts add up to that of the whole, in any order.</summary>
public sealed class ScopeResult
{
    /// <summary>Programmes of which every interleaving was run, and none violates anything.</summary>
    public int Silent { get; private set; }
    /// <summary>Programmes of which an interleaving violates something.</summary>
    public int Violated { get; private set; }
    /// <summary>Programmes that were left when they had come to too many states, without a violation so far.</summary>
    public int Unfinished { get; private set; }
    public int Searched => Silent + Violated + Unfinished;
    public long States { get; private set; }
    public long Transitions { get; private set; }
    public long FinalStates { get; private set; }
    /// <summary>The most states that one programme has come to.</summary>
    public long MostStates { get; private set; }
    /// <summary>By the invariant's id. A programme can violate several.</summary>
    public SortedDictionary<string, ScopeFlaw> Flaws { get; } = new(StringComparer.Ordinal);

    private double _sumOfSquares;

    /// <summary>The probability that two states of one programme have one key of so many bits, at most.</summary>
    public double CollisionProbability(int bits) => _sumOfSquares * Math.Pow(2, -bits - 1);

    /// <summary>Takes in what the search of one programme came to.</summary>
    public void Add(int number, SearchResult search)
    {
        if (search.Flaws.Count > 0) Violated++;
        else if (search.End == SearchEnd.Exhausted) Silent++;
        else Unfinished++;
        States += search.States;
        Transitions += search.Transitions;
        FinalStates += search.FinalStates;
        MostStates = Math.Max(MostStates, search.States);
        _sumOfSquares += (double)search.States * search.States;
        foreach (var flaws in search.Flaws.GroupBy(f => f.Key.Invariant)) Add(flaws.Key, new(1, number, flaws.First().Value));
    }

    /// <summary>Takes in what other programmes came to.</summary>
    public void Add(ScopeResult other)
    {
        Silent += other.Silent;
        Violated += other.Violated;
        Unfinished += other.Unfinished;
        States += other.States;
        Transitions += other.Transitions;
        FinalStates += other.FinalStates;
        MostStates = Math.Max(MostStates, other.MostStates);
        _sumOfSquares += other._sumOfSquares;
        foreach ((string invariant, ScopeFlaw flaw) in other.Flaws) Add(invariant, flaw);
    }

    private void Add(string invariant, ScopeFlaw flaw) => Flaws[invariant] = Flaws.TryGetValue(invariant, out ScopeFlaw? known) ? known.With(flaw) : flaw;
}
