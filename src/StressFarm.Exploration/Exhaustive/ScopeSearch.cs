namespace StressFarm.Exploration.Exhaustive;

/// <summary>
/// Searches programmes of a small scope under a policy, one after the other on one machine, each in every interleaving. What it finds of
/// one does not end the search of it: other invariants, and other programmes, may break as well.
/// </summary>
/// <param name="before">one that is done, whose machine is taken over</param>
public sealed class ScopeSearch(SmallScope scope, Policy policy, ScopeSearch? before = null)
{
    /// <summary>States of one programme, at most: as many as a programme of a scope rarely has.</summary>
    public const long DefaultStateLimit = 250_000;

    private static readonly Dictionary<string, int> s_nothingFixed = [];

    private readonly Machine _machine = before?._machine ?? new(scope.Geometry);
    private readonly Programme _programme = new();

    /// <summary>States of one programme, at most.</summary>
    public long StateLimit { get; init; } = DefaultStateLimit;
    /// <summary>Keys of 128 bits.</summary>
    public bool Wide { get; init; }
    /// <summary>A programme in whose midst it comes counts for nothing.</summary>
    public CancellationToken Interrupt { get; init; }

    public ScopeResult Result { get; } = new();

    /// <summary>The cell in which a programme of the scope is run again, with any seed.</summary>
    public static Cell CellOf(SmallScope scope, int number, Policy policy) => new(policy, scope[number], "random", scope.Geometry, s_nothingFixed);

    /// <summary>False when it was interrupted.</summary>
    public bool Run(int number)
    {
        _programme.Compose(scope[number], scope.Geometry, seed: 0, s_nothingFixed);
        SearchResult search = new EveryState(new SearchStart(_machine, _programme, policy)) { StateLimit = StateLimit, Wide = Wide, Interrupt = Interrupt }.Run();
        if (search.End == SearchEnd.Interrupted) return false;
        Result.Add(number, search);
        return true;
    }
}
