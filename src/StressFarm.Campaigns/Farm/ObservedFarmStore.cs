using System.Diagnostics;
using System.Runtime.CompilerServices;
using StressFarm.Campaigns.Leases;
using StressFarm.Campaigns.Ledgers;
using StressFarm.Campaigns.Metrics;
using StressFarm.Campaigns.Plans;

namespace StressFarm.Campaigns.Farm;

/// <summary>
/// A store whose calls are timed. A refusal of a stale term or section is an answer, and so is a call that its caller gave up;
/// whatever else is thrown is an error.
/// </summary>
public sealed class ObservedFarmStore(IFarmStore store, StoreInstruments instruments) : IFarmStore, IAsyncDisposable
{
    public Task<CampaignEntry?> Submit(CampaignEntry entry, int maxActive, CancellationToken cancellation) =>
        Timed(StoreOperation.State, () => store.Submit(entry, maxActive, cancellation));
    public Task<CampaignEntry?> Find(string id, CancellationToken cancellation) => Timed(StoreOperation.Read, () => store.Find(id, cancellation));
    public Task<IReadOnlyList<CampaignEntry>> List(int limit, CancellationToken cancellation) => Timed(StoreOperation.Read, () => store.List(limit, cancellation));
    public Task<IReadOnlyList<CampaignEntry>> Active(CancellationToken cancellation) => Timed(StoreOperation.Read, () => store.Active(cancellation));

    public Task<long> BeginTerm(string id, CancellationToken cancellation) => Timed(StoreOperation.State, () => store.BeginTerm(id, cancellation));
    public Task SetState(string id, long term, CampaignState state, string reason, CancellationToken cancellation) =>
        Timed(StoreOperation.State, () => store.SetState(id, term, state, reason, cancellation));
    public Task SaveCounts(string id, long term, FarmCounts counts, CancellationToken cancellation) =>
        Timed(StoreOperation.State, () => store.SaveCounts(id, term, counts, cancellation));
    public Task<FarmCounts> Counts(string id, CancellationToken cancellation) => Timed(StoreOperation.Read, () => store.Counts(id, cancellation));

    public Task SaveLeases(string id, long term, IReadOnlyList<Lease> given, IReadOnlyList<string> gone, CancellationToken cancellation) =>
        Timed(StoreOperation.Lease, () => store.SaveLeases(id, term, given, gone, cancellation));
    public Task<IReadOnlyList<Lease>> Leases(string id, CancellationToken cancellation) => Timed(StoreOperation.Read, () => store.Leases(id, cancellation));

    public Task<IReadOnlyList<Recorded>> Record(string id, long term, IReadOnlyList<ShardResult> results, CancellationToken cancellation) =>
        Timed(StoreOperation.Record, () => store.Record(id, term, results, cancellation));

    /// <summary>One call, however many pages the store makes of it; what the reader does with a row is not the store's time.</summary>
    public async IAsyncEnumerable<StoredShard> Shards(string id, [EnumeratorCancellation] CancellationToken cancellation)
    {
        TimeSpan time = TimeSpan.Zero;
        await using IAsyncEnumerator<StoredShard> rows = store.Shards(id, cancellation).GetAsyncEnumerator(cancellation);
        while (true)
        {
            long began = Stopwatch.GetTimestamp();
            bool more;
            try
            {
                more = await rows.MoveNextAsync();
            }
            catch (Exception e)
            {
                instruments.Called(StoreOperation.Read, time + Stopwatch.GetElapsedTime(began), IsError(e));
                throw;
            }
            time += Stopwatch.GetElapsedTime(began);
            if (!more) break;
            yield return rows.Current;
        }
        instruments.Called(StoreOperation.Read, time, failed: false);
    }

    public Task<IReadOnlyList<(long Index, StoredShard Shard)>> Records(string id, long from, int limit, CancellationToken cancellation) =>
        Timed(StoreOperation.Read, () => store.Records(id, from, limit, cancellation));
    public Task<IReadOnlyList<LedgerLine>> Lines(string id, long from, int limit, CancellationToken cancellation) =>
        Timed(StoreOperation.Read, () => store.Lines(id, from, limit, cancellation));

    public Task RecordWorkup(string id, long term, string key, StoredWorkup workup, CancellationToken cancellation) =>
        Timed(StoreOperation.Finding, () => store.RecordWorkup(id, term, key, workup, cancellation));
    public Task<IReadOnlyList<StoredWorkup>> Workups(string id, CancellationToken cancellation) => Timed(StoreOperation.Read, () => store.Workups(id, cancellation));
    public Task RecordVerification(string id, long term, string key, StoredVerification verification, CancellationToken cancellation) =>
        Timed(StoreOperation.Record, () => store.RecordVerification(id, term, key, verification, cancellation));
    public Task<IReadOnlyList<StoredVerification>> Verifications(string id, CancellationToken cancellation) =>
        Timed(StoreOperation.Read, () => store.Verifications(id, cancellation));

    public Task SaveReport(string id, long term, byte[] json, byte[] page, CancellationToken cancellation) =>
        Timed(StoreOperation.State, () => store.SaveReport(id, term, json, page, cancellation));
    public Task<(byte[] Json, byte[] Page)?> Report(string id, CancellationToken cancellation) => Timed(StoreOperation.Read, () => store.Report(id, cancellation));

    public Task<long> BeginSection(string id, int cell, CancellationToken cancellation) =>
        Timed(StoreOperation.Checkpoint, () => store.BeginSection(id, cell, cancellation));
    public Task<Recorded> SaveCheckpoint(string id, int cell, long fence, long number, byte[] state, string stateHash, string chain, bool pinBefore, CancellationToken cancellation) =>
        Timed(StoreOperation.Checkpoint, () => store.SaveCheckpoint(id, cell, fence, number, state, stateHash, chain, pinBefore, cancellation));
    public Task<(byte[] State, string StateHash, string Chain)?> LoadCheckpoint(string id, int cell, long number, CancellationToken cancellation) =>
        Timed(StoreOperation.Read, () => store.LoadCheckpoint(id, cell, number, cancellation));
    public Task<IReadOnlyList<long>> CheckpointNumbers(string id, int cell, CancellationToken cancellation) =>
        Timed(StoreOperation.Read, () => store.CheckpointNumbers(id, cell, cancellation));
    public Task PruneCheckpoints(string id, int cell, long keepFrom, CancellationToken cancellation) =>
        Timed(StoreOperation.Checkpoint, () => store.PruneCheckpoints(id, cell, keepFrom, cancellation));

    public ValueTask DisposeAsync() => store is IAsyncDisposable own ? own.DisposeAsync() : ValueTask.CompletedTask;

    private async Task<T> Timed<T>(StoreOperation operation, Func<Task<T>> call)
    {
        long began = Stopwatch.GetTimestamp();
        bool failed = false;
        try
        {
            return await call();
        }
        catch (Exception e)
        {
            failed = IsError(e);
            throw;
        }
        finally
        {
            instruments.Called(operation, Stopwatch.GetElapsedTime(began), failed);
        }
    }

    private Task Timed(StoreOperation operation, Func<Task> call) => Timed(operation, async () =>
    {
        await call();
        return true;
    });

    private static bool IsError(Exception e) => e is not (StaleTermException or StaleSectionException or OperationCanceledException);
}
