using System.Diagnostics;
using System.Text.Json;
using StressFarm.Campaigns;
using StressFarm.Exploration;

namespace StressFarm.Grains.Workers;

/// <summary>A lease on this silo: waiting for a thread, on one, or done and not yet delivered.</summary>
internal sealed class Job(Desk desk, WorkLease lease) : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private ICampaignWorker? _worker;

    public Desk Desk => desk;
    public WorkLease Lease => lease;
    public WorkProgress Progress => new(lease.Key, lease.Epoch, _worker?.Done ?? 0);
    public bool Stopped => _stop.IsCancellationRequested;
    /// <summary>Null until it is done; null for ever when it was stopped.</summary>
    public WorkResult? Result { get; private set; }
    public long Schedules { get; private set; }
    public long Steps { get; private set; }
    public long Violated { get; private set; }
    /// <summary>How long it kept its thread.</summary>
    public double Seconds { get; private set; }

    /// <summary>Nobody wants the result any more: the thread leaves it at the next schedule.</summary>
    public void Stop() => _stop.Cancel();

    public void Run(ICampaignWorker worker)
    {
        if (Stopped) return;
        _worker = worker;
        long began = Stopwatch.GetTimestamp();
        try
        {
            Result = new(lease.Key, lease.Epoch, Do(worker), null);
        }
        catch (OperationCanceledException)
        {
            // Handed back, or lost: there is nothing to deliver.
        }
        catch (Exception e)
        {
            Result = new(lease.Key, lease.Epoch, [], e is CampaignFault ? e.Message : $"a worker failed: {e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}");
        }
        finally
        {
            _worker = null;
            Seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        }
    }

    public void Dispose() => _stop.Dispose();

    private byte[] Do(ICampaignWorker worker)
    {
        var shard = new Shard(lease.Index, lease.Cell, lease.Number, lease.FirstSeed, lease.Count);
        GenerationInput? input = lease.Input is { } json ? JsonSerializer.Deserialize<GenerationInput>(json) : null;
        if ((WorkKind)lease.Kind == WorkKind.WorkUp)
        {
            RawFinding raw = JsonSerializer.Deserialize<RawFinding>(lease.Raw)!;
            return JsonSerializer.SerializeToUtf8Bytes(desk.Bench.WorkUp(worker, new WorkItem(WorkKind.WorkUp, shard, raw), input, _stop.Token));
        }
        ShardRecord record = desk.Bench.Run(worker, shard, input, _stop.Token);
        (Schedules, Steps, Violated) = (record.Schedules, record.Steps, record.Arms.Sum(a => a.Violated));
        return JsonSerializer.SerializeToUtf8Bytes(record);
    }
}
