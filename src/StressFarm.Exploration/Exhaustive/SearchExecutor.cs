using StressFarm.Exploration.Records;
using StressFarm.Exploration.Shards;

namespace StressFarm.Exploration.Exhaustive;

/// <summary>
/// Searches the programmes of a cell, or the parts of the one that was written, by their places. One per worker: it owns machines and is
/// not thread safe. What a search comes to is decided by counts of states, never by time or memory.
/// </summary>
public sealed class SearchExecutor
{
    private static readonly Dictionary<string, int> s_nothingFixed = [];

    /// <summary>Of the search for a shorter schedule: most programmes of a scope are done with less.</summary>
    private const long ShorteningBytes = 32L << 20;

    /// <summary>One of each size that was asked for.</summary>
    private readonly Dictionary<Geometry, Machine> _machines = [];
    private readonly Programme _programme = new();
    /// <summary>Steps of the search that is under way.</summary>
    private volatile Func<long>? _underWay;
    private long _done;

    /// <summary>Steps since it was made: a sign of life, readable from any thread.</summary>
    public long Done => Volatile.Read(ref _done) + (_underWay?.Invoke() ?? 0);

    /// <summary>The cell in which a programme is run again: one of the cell's scope, or the one that was written.</summary>
    public static Cell CellOf(Cell cell, int number) => new(cell.Policy, cell.Workload as WrittenProgramme ?? cell.Workload.Scope[number], "random", cell.Geometry, s_nothingFixed);

    /// <summary>Searches what is in the places [first, first + count).</summary>
    /// <exception cref="OperationCanceledException">cancelled; nothing is recorded</exception>
    /// <exception cref="ModelDefectException">a protocol of the model threw, or keeps what a search does not know; says where</exception>
    public ShardRecord Run(Cell cell, ulong first, int count, CancellationToken cancellation = default)
    {
        var tally = new SearchTally();
        for (int i = 0; i < count; i++)
        {
            int place = (int)first + i, number = NumberOf(cell, place);
            SearchSum sum = Search(cell, number, cancellation);
            tally.Add(number, sum);
            if (place % ShardExecutor.DeterminismCheckEvery == 0) tally.Checked(Search(cell, number, cancellation).Digest == sum.Digest);
        }
        return tally.Close();
    }

    /// <summary>Searches one programme of the cell's scope, or one part of the programme that was written.</summary>
    /// <param name="number">the programme's in the scope; the part's</param>
    public SearchSum Search(Cell cell, int number, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        try
        {
            Compose(cell, number);
            return cell.Workload is WrittenProgramme ? SearchPart(cell, number, cancellation) : SearchWhole(cell, cancellation);
        }
        catch (Exception e) when (e is not OutOfMemoryException and not OperationCanceledException)
        {
            throw new ModelDefectException(cell, (ulong)number, e);
        }
    }

    private static int NumberOf(Cell cell, int place) => cell.Workload is WrittenProgramme ? place : cell.Search!.NumberOf(cell.Workload.Scope, place);

    private SearchSum SearchWhole(Cell cell, CancellationToken cancellation)
    {
        var sum = new SearchSum();
        Search(cell, sum, [], cancellation);
        return sum;
    }

    /// <summary>A part has every so manieth of the prefixes, so that none is much larger than the others; the first has what comes before them, too.</summary>
    private SearchSum SearchPart(Cell cell, int part, CancellationToken cancellation)
    {
        SearchTerms terms = cell.Search!;
        var parts = new ProgrammeParts(StartOf(cell, []), terms.Depth);
        SearchSum sum = part == 0 ? parts.Before : new SearchSum();
        for (int i = part; i < parts.Prefixes.Count && !sum.Unfinished; i += terms.Count) Search(cell, sum, parts.Prefixes[i], cancellation);
        return sum;
    }

    private void Search(Cell cell, SearchSum sum, byte[] prefix, CancellationToken cancellation)
    {
        long left = cell.Search!.States - sum.States;
        if (left <= 0)
        {
            sum.LeaveUnfinished();
            return;
        }
        var search = new EveryState(StartOf(cell, prefix)) { StateLimit = left, Interrupt = cancellation };
        if (Watched(() => search.Run().End, () => search.Result.AllTransitions) == SearchEnd.Interrupted) throw new OperationCanceledException(cancellation);
        sum.Add(search.Result);
    }

    /// <summary>The shortest schedule of a programme to a flaw, or the shortest that comes to light before its memory ends, which is counted and always the same.</summary>
    /// <param name="number">the programme's in the scope; the part's</param>
    public byte[] Shorten(Cell cell, int number, SeenFlaw flaw, CancellationToken cancellation = default)
    {
        Compose(cell, number);
        var shortest = new ShortestSchedule(StartOf(cell, []), new Flaw(flaw.Signature.Invariant, flaw.Signature.Field))
        { Known = flaw.Schedule, MemoryLimit = ShorteningBytes, Interrupt = cancellation };
        if (Watched(() => shortest.Run().End, () => shortest.Result.Transitions) == SearchEnd.Interrupted) throw new OperationCanceledException(cancellation);
        return shortest.Result.Schedule!;
    }

    private SearchEnd Watched(Func<SearchEnd> search, Func<long> steps)
    {
        _underWay = steps;
        try
        {
            return search();
        }
        finally
        {
            _underWay = null;
            Volatile.Write(ref _done, _done + steps());
        }
    }

    private void Compose(Cell cell, int number) => _programme.Compose(CellOf(cell, number).Workload, cell.Geometry, seed: 0, s_nothingFixed);

    private SearchStart StartOf(Cell cell, byte[] prefix)
    {
        if (!_machines.TryGetValue(cell.Geometry, out Machine? machine)) _machines.Add(cell.Geometry, machine = new(cell.Geometry));
        return new SearchStart(machine, _programme, cell.Policy) { Prefix = prefix };
    }
}
