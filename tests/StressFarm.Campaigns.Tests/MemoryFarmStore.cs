using System.Runtime.CompilerServices;

namespace StressFarm.Campaigns.Tests;

/// <summary>
/// The farm's store in memory, fenced as the real ones are. Can fail before it wrote, and after it wrote and before it said so.
/// </summary>
internal sealed class MemoryFarmStore : IFarmStore
{
    private sealed class Row(CampaignEntry entry)
    {
        public CampaignEntry Entry = entry;
        public readonly SortedDictionary<long, (ShardResult Result, ShardRecord Record)> Shards = [];
        public readonly Dictionary<string, Lease> Leases = new(StringComparer.Ordinal);
        public readonly Dictionary<string, StoredWorkup> Workups = new(StringComparer.Ordinal);
        public readonly List<StoredVerification> Verifications = [];
        public FarmCounts Counts = FarmCounts.None;
        public (byte[], byte[])? Report;
    }

    private readonly Dictionary<string, Row> _rows = new(StringComparer.Ordinal);

    /// <summary>Asked before and after each write: true makes it fail there.</summary>
    public Func<bool>? Fails { get; set; }
    /// <summary>Does not look at terms: the planted bug that fencing is there for.</summary>
    public bool Unfenced { get; init; }
    /// <summary>A line of this index vanishes after it was acknowledged.</summary>
    public long? Forgets { get; init; }

    /// <summary>A line vanishes, whenever this is called; false when it was not there.</summary>
    public bool Lose(string id, long index) => _rows[id].Shards.Remove(index);
    /// <summary>A line is another one from now on.</summary>
    public void Spoil(string id, long index)
    {
        var (result, record) = _rows[id].Shards[index];
        _rows[id].Shards[index] = (result, record with { Digest = ~record.Digest });
    }

    public Task<CampaignEntry?> Submit(CampaignEntry entry, int maxActive, CancellationToken cancellation)
    {
        if (_rows.TryGetValue(entry.Id, out Row? row)) return Task.FromResult<CampaignEntry?>(row.Entry);
        if (_rows.Values.Count(r => r.Entry.Active) >= maxActive) return Task.FromResult<CampaignEntry?>(null);
        _rows[entry.Id] = new Row(entry);
        return Task.FromResult<CampaignEntry?>(entry);
    }

    public Task<CampaignEntry?> Find(string id, CancellationToken cancellation) => Task.FromResult(_rows.GetValueOrDefault(id)?.Entry);
    public Task<IReadOnlyList<CampaignEntry>> List(int limit, CancellationToken cancellation) => Task.FromResult<IReadOnlyList<CampaignEntry>>([.. _rows.Values.Select(r => r.Entry).Take(limit)]);
    public Task<IReadOnlyList<CampaignEntry>> Active(CancellationToken cancellation) => Task.FromResult<IReadOnlyList<CampaignEntry>>([.. _rows.Values.Select(r => r.Entry).Where(e => e.Active)]);

    public Task<long> BeginTerm(string id, CancellationToken cancellation)
    {
        Row row = _rows[id];
        row.Entry = row.Entry with { Term = row.Entry.Term + 1 };
        return Task.FromResult(row.Entry.Term);
    }

    public Task SetState(string id, long term, CampaignState state, string reason, CancellationToken cancellation) =>
        Write(id, term, row => row.Entry = row.Entry with { State = state, Reason = reason });

    public Task SaveCounts(string id, long term, FarmCounts counts, CancellationToken cancellation) => Write(id, term, row => row.Counts = counts);
    public Task<FarmCounts> Counts(string id, CancellationToken cancellation) => Task.FromResult(_rows[id].Counts);

    public Task SaveLeases(string id, long term, IReadOnlyList<Lease> given, IReadOnlyList<string> gone, CancellationToken cancellation) => Write(id, term, row =>
    {
        foreach (string key in gone) row.Leases.Remove(key);
        foreach (Lease lease in given) row.Leases[lease.Work.Key] = lease;
    });

    public Task<IReadOnlyList<Lease>> Leases(string id, CancellationToken cancellation) => Task.FromResult<IReadOnlyList<Lease>>([.. _rows[id].Leases.Values]);

    public async Task<IReadOnlyList<Recorded>> Record(string id, long term, IReadOnlyList<ShardResult> results, CancellationToken cancellation)
    {
        var fates = new List<Recorded>();
        await Write(id, term, row =>
        {
            foreach (ShardResult result in results)
            {
                row.Leases.Remove(result.Key);
                long index = result.Shard.Index;
                fates.Add(index == Forgets ? Recorded.Added
                    : row.Shards.TryAdd(index, (result, result.Record)) ? Recorded.Added
                    : row.Shards[index].Record.Digest == result.Record.Digest ? Recorded.Same : Recorded.Mismatch);
            }
        });
        return fates;
    }

    public async IAsyncEnumerable<StoredShard> Shards(string id, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await Task.CompletedTask;
        foreach (var (result, record) in _rows[id].Shards.Values.ToArray()) yield return new(result.Shard.Cell, result.Shard.Number, record) { Holder = result.Holder };
    }

    public Task<IReadOnlyList<(long Index, StoredShard Shard)>> Records(string id, long from, int limit, CancellationToken cancellation) => throw new NotSupportedException();
    public Task<IReadOnlyList<LedgerLine>> Lines(string id, long from, int limit, CancellationToken cancellation) => throw new NotSupportedException();

    public Task RecordWorkup(string id, long term, string key, StoredWorkup workup, CancellationToken cancellation) => Write(id, term, row =>
    {
        row.Workups.TryAdd(key, workup);
        row.Leases.Remove(key);
    });

    public Task<IReadOnlyList<StoredWorkup>> Workups(string id, CancellationToken cancellation) => Task.FromResult<IReadOnlyList<StoredWorkup>>([.. _rows[id].Workups.Values]);

    public Task RecordVerification(string id, long term, string key, StoredVerification verification, CancellationToken cancellation) => Write(id, term, row =>
    {
        row.Verifications.Add(verification);
        row.Leases.Remove(key);
    });

    public Task<IReadOnlyList<StoredVerification>> Verifications(string id, CancellationToken cancellation) => Task.FromResult<IReadOnlyList<StoredVerification>>([.. _rows[id].Verifications]);

    public Task SaveReport(string id, long term, byte[] json, byte[] page, CancellationToken cancellation) => Write(id, term, row => row.Report = (json, page));
    public Task<(byte[] Json, byte[] Page)?> Report(string id, CancellationToken cancellation) => Task.FromResult(_rows[id].Report);

    public Task<long> BeginSection(string id, int cell, CancellationToken cancellation) => throw new NotSupportedException();
    public Task<Recorded> SaveCheckpoint(string id, int cell, long fence, long number, byte[] state, string stateHash, string chain, bool pinBefore, CancellationToken cancellation) => throw new NotSupportedException();
    public Task<(byte[] State, string StateHash, string Chain)?> LoadCheckpoint(string id, int cell, long number, CancellationToken cancellation) => throw new NotSupportedException();
    public Task<IReadOnlyList<long>> CheckpointNumbers(string id, int cell, CancellationToken cancellation) => throw new NotSupportedException();
    public Task PruneCheckpoints(string id, int cell, long keepFrom, CancellationToken cancellation) => throw new NotSupportedException();

    private Task Write(string id, long term, Action<Row> action)
    {
        if (Fails?.Invoke() == true) throw new StoreException("the store does not answer");
        Row row = _rows[id];
        if (row.Entry.Term != term && !Unfenced) throw new StaleTermException(id, term);
        action(row);
        if (Fails?.Invoke() == true) throw new StoreException("the store does not answer any more");
        return Task.CompletedTask;
    }
}
