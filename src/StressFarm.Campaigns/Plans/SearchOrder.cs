namespace StressFarm.Campaigns.Plans;

/// <summary>The order of a campaign's shards whose cells have different numbers of them: round the cells, and past those that have no more.</summary>
internal sealed class SearchOrder
{
    private readonly int _shard;
    private readonly IReadOnlyList<PlannedCell> _cells;
    private readonly List<(int Cell, int Number)> _shards = [];
    private readonly int[][] _index;

    /// <param name="shard">programmes of a shard</param>
    public SearchOrder(IReadOnlyList<PlannedCell> cells, int shard)
    {
        (_cells, _shard) = (cells, shard);
        _index = [.. cells.Select(c => new int[(c.Cell.Search!.Count + shard - 1) / shard])];
        for (int number = 0; number < _index.Max(own => own.Length); number++)
            for (int cell = 0; cell < _index.Length; cell++)
            {
                if (number >= _index[cell].Length) continue;
                _index[cell][number] = _shards.Count;
                _shards.Add((cell, number));
            }
    }

    public int Count => _shards.Count;

    public Shard? At(long index)
    {
        if (index >= _shards.Count) return null;
        (int cell, int number) = _shards[(int)index];
        int first = number * _shard;
        return new Shard(index, cell, number, (ulong)first, Math.Min(_shard, _cells[cell].Cell.Search!.Count - first));
    }

    /// <summary>-1 for a shard that there is none of.</summary>
    public long IndexOf(int cell, long number) => number < _index[cell].Length ? _index[cell][number] : -1;
}
