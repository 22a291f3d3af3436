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
    /// <summary>It could not be done here and now, and is to be handed back.</summary>
    public bool Returned { get; private set; }
    public long Schedules { get; private set; }
    public long Steps { get; private set; }
    public long Violated { get; private set; }
    /// <summary>Of the canary that rode along; null where none did.</summary>
    public CanaryRecord? Canary { get; private set; }
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
        catch (Exception) when (Stopped)
        {
            // Handed back, or lost: there is nothing to deliver.
        }
        catch (FarmUnreachableException)
        {
            // A grain or the store does not answer: nothing was lost, the work is given again.
            Returned = true;
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
        SoakSection? section = desk.Plan.Cells[shard.Cell].Section;
        GenerationInput? input = lease.Input is { } name ? desk.Inputs.Of(name, lease.Cell, lease.FirstSeed, _stop.Token) : null;
        if ((WorkKind)lease.Kind == WorkKind.WorkUp)
        {
            RawFinding raw = JsonSerializer.Deserialize<RawFinding>(lease.Raw)!;
            Checkpoint? memory = section is not null && raw.Soak is { } place ? desk.Sections.Before(shard.Cell, section, place.Epoch, _stop.Token) : null;
            return JsonSerializer.SerializeToUtf8Bytes(desk.Bench.WorkUp(worker, new WorkItem(WorkKind.WorkUp, shard, raw), input, _stop.Token, memory));
        }
        ShardRecord record = section is null ? desk.Bench.Run(worker, shard, input, _stop.Token) : RunEpoch(worker, shard, section);
        (Schedules, Steps, Violated, Canary) = (record.Schedules, record.Steps, record.Arms.Sum(a => a.Violated), record.Canary);
        return JsonSerializer.SerializeToUtf8Bytes(record);
    }

    /// <summary>The memory after an epoch is in the store before the campaign hears of the epoch: its next one can begin anywhere.</summary>
    private ShardRecord RunEpoch(ICampaignWorker worker, Shard shard, SoakSection section)
    {
        Checkpoint? before = desk.Sections.Before(shard.Cell, section, shard.Number, _stop.Token);
        (ShardRecord record, Checkpoint next) = desk.Bench.RunEpoch(worker, shard, before, _stop.Token);
        if ((WorkKind)lease.Kind == WorkKind.Explore) desk.Sections.Commit(shard.Cell, before, next, record, _stop.Token);
        return record;
    }
}
