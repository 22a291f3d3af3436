using System.Runtime.CompilerServices;
using StressFarm.Campaigns.Farm;
using StressFarm.Campaigns.Leases;
using StressFarm.Campaigns.Ledgers;
using StressFarm.Campaigns.Plans;

namespace StressFarm.Silo.Stores;

// Leases, the ledger, findings, verifications.
public abstract partial class FarmStore
{
    /// <summary>Rows of the ledger that are read at once: what bounds the memory of reading it.</summary>
    private const int PageOfShards = 512;

    public Task SaveLeases(string id, long term, IReadOnlyList<Lease> given, IReadOnlyList<string> gone, CancellationToken cancellation)
    {
        // What was taken back and given again in one go is there afterwards.
        Lease[] leases = [.. given.GroupBy(l => l.Work.Key, StringComparer.Ordinal).Select(g => g.MaxBy(l => l.Epoch)!)];
        return Transact(new Fence.Term(id, term), [.. EndLeases(id, gone), .. PutLeases(id, leases)], cancellation);
    }

    public async Task<IReadOnlyList<Lease>> Leases(string id, CancellationToken cancellation) =>
        await Read(new("SELECT work, epoch, holder, expires, progress FROM lease WHERE campaign = @id ORDER BY epoch, key", ("id", id)), Rows.Lease, cancellation);

    public async Task<IReadOnlyList<Recorded>> Record(string id, long term, IReadOnlyList<ShardResult> results, CancellationToken cancellation)
    {
        // Of a shard that comes twice in one batch the first counts.
        if (results.Count == 0) return [];
        ShardResult[] first = [.. results.DistinctBy(r => r.Shard.Index)];
        Statement[] adding = [.. AddShards(id, first, Now)];
        List<object[]>[] rows = await Transact(new Fence.Term(id, term),
            [.. adding, DigestsOf(id, [.. first.Select(r => r.Shard.Index)]), .. EndLeases(id, [.. results.Select(r => r.Key)])], cancellation);

        HashSet<long> added = [.. rows.Take(adding.Length).SelectMany(r => r).Select(r => (long)r[0])];
        Dictionary<long, string> digests = rows[adding.Length].ToDictionary(r => (long)r[0], r => (string)r[1]);
        return [.. results.Select(r =>
            digests[r.Shard.Index] != Rows.Hex(r.Record.Digest) ? Recorded.Mismatch : added.Remove(r.Shard.Index) ? Recorded.Added : Recorded.Same)];
    }

    public async IAsyncEnumerable<StoredShard> Shards(string id, [EnumeratorCancellation] CancellationToken cancellation)
    {
        // By pages, so that no connection is held while the reader works, and memory is bounded whatever the ledger's size.
        long next = 0;
        while (true)
        {
            IReadOnlyList<(long Index, StoredShard Shard)> page = await Records(id, next, PageOfShards, cancellation);
            foreach (var (index, shard) in page)
            {
                next = index + 1;
                yield return shard;
            }
            if (page.Count < PageOfShards) yield break;
        }
    }

    public async Task<IReadOnlyList<(long Index, StoredShard Shard)>> Records(string id, long from, int limit, CancellationToken cancellation) =>
        await Read(new("SELECT idx, cell, number, digest, record, holder, recorded FROM shard WHERE campaign = @id AND idx >= @from ORDER BY idx LIMIT @limit",
            ("id", id), ("from", from), ("limit", (long)limit)), Rows.Shard, cancellation);

    public async Task<IReadOnlyList<LedgerLine>> Lines(string id, long from, int limit, CancellationToken cancellation) =>
        await Read(new($"SELECT {Rows.LineColumns} FROM shard WHERE campaign = @id AND idx >= @from ORDER BY idx LIMIT @limit",
            ("id", id), ("from", from), ("limit", (long)limit)), Rows.Line, cancellation);

    public Task RecordWorkup(string id, long term, string key, StoredWorkup workup, CancellationToken cancellation) =>
        Transact(new Fence.Term(id, term),
        [
            new("""
                INSERT INTO workup(campaign, key, cell, seed, finding_id, raw, finding) VALUES(@id, @key, @cell, @seed, @finding_id, @raw, @finding)
                ON CONFLICT(campaign, key) DO NOTHING
                """,
                ("id", id), ("key", key), ("cell", workup.Cell), ("seed", Rows.Hex(workup.Raw.LowestSeed)), ("finding_id", workup.Finding.Id),
                ("raw", Rows.Json(workup.Raw)), ("finding", Rows.Json(workup.Finding))),
            .. EndLeases(id, [key]),
        ], cancellation);

    public async Task<IReadOnlyList<StoredWorkup>> Workups(string id, CancellationToken cancellation) =>
        await Read(new("SELECT cell, raw, finding FROM workup WHERE campaign = @id ORDER BY cell, seed, key", ("id", id)), Rows.Workup, cancellation);

    public Task RecordVerification(string id, long term, string key, StoredVerification verification, CancellationToken cancellation) =>
        Transact(new Fence.Term(id, term),
        [
            new("""
                INSERT INTO verification(campaign, key, idx, cell, number, first_seed, count, first, second, holder)
                VALUES(@id, @key, @idx, @cell, @number, @first_seed, @count, @first, @second, @holder)
                ON CONFLICT(campaign, key) DO NOTHING
                """,
                ("id", id), ("key", key), ("idx", verification.Shard.Index), ("cell", verification.Shard.Cell), ("number", verification.Shard.Number),
                ("first_seed", Rows.Hex(verification.Shard.FirstSeed)), ("count", verification.Shard.Count),
                ("first", Rows.Hex(verification.First)), ("second", Rows.Hex(verification.Second)), ("holder", verification.Holder)),
            .. EndLeases(id, [key]),
        ], cancellation);

    public async Task<IReadOnlyList<StoredVerification>> Verifications(string id, CancellationToken cancellation) =>
        await Read(new("SELECT idx, cell, number, first_seed, count, first, second, holder FROM verification WHERE campaign = @id ORDER BY idx, key", ("id", id)),
            Rows.Verification, cancellation);

    public async Task<long> BeginSection(string id, int cell, CancellationToken cancellation)
    {
        List<object[]>[] rows = await Transact(new Fence.None(),
        [
            new("INSERT INTO section(campaign, cell, fence) VALUES(@id, @cell, 1) ON CONFLICT(campaign, cell) DO UPDATE SET fence = section.fence + 1 RETURNING fence",
                ("id", id), ("cell", cell)),
        ], cancellation);
        return (long)rows[0][0][0];
    }

    public async Task<Recorded> SaveCheckpoint(string id, int cell, long fence, long number, byte[] state, string stateHash, string chain, bool pinBefore, CancellationToken cancellation)
    {
        List<object[]>[] rows = await Transact(new Fence.Section(id, cell, fence),
        [
            new("""
                INSERT INTO checkpoint(campaign, cell, number, state_hash, chain, state, pinned) VALUES(@id, @cell, @number, @hash, @chain, @state, @pinned)
                ON CONFLICT(campaign, cell, number) DO NOTHING RETURNING number
                """,
                ("id", id), ("cell", cell), ("number", number), ("hash", stateHash), ("chain", chain), ("state", state),
                ("pinned", CheckpointRetention.IsRung(number))),
            new("SELECT state_hash, chain FROM checkpoint WHERE campaign = @id AND cell = @cell AND number = @number", ("id", id), ("cell", cell), ("number", number)),
            new("UPDATE checkpoint SET pinned = true WHERE campaign = @id AND cell = @cell AND number = @before AND @pin",
                ("id", id), ("cell", cell), ("before", number - 1), ("pin", pinBefore)),
        ], cancellation);
        if (rows[0].Count == 1) return Recorded.Added;
        return (string)rows[1][0][0] == stateHash && (string)rows[1][0][1] == chain ? Recorded.Same : Recorded.Mismatch;
    }

    public async Task<(byte[] State, string StateHash, string Chain)?> LoadCheckpoint(string id, int cell, long number, CancellationToken cancellation)
    {
        List<(byte[], string, string)> rows = await Read(
            new("SELECT state, state_hash, chain FROM checkpoint WHERE campaign = @id AND cell = @cell AND number = @number", ("id", id), ("cell", cell), ("number", number)),
            r => (r.GetFieldValue<byte[]>(0), r.GetString(1), r.GetString(2)), cancellation);
        return rows.Count == 0 ? null : rows[0];
    }

    public async Task<IReadOnlyList<long>> CheckpointNumbers(string id, int cell, CancellationToken cancellation) =>
        await Read(new("SELECT number FROM checkpoint WHERE campaign = @id AND cell = @cell ORDER BY number", ("id", id), ("cell", cell)), r => r.GetInt64(0), cancellation);

    public Task PruneCheckpoints(string id, int cell, long keepFrom, CancellationToken cancellation) =>
        Transact(new Fence.None(),
        [
            new("""
                DELETE FROM checkpoint WHERE campaign = @id AND cell = @cell AND number < @from AND NOT pinned
                AND number < (SELECT max(number) FROM checkpoint WHERE campaign = @id AND cell = @cell)
                """, ("id", id), ("cell", cell), ("from", keepFrom)),
        ], cancellation);
}
