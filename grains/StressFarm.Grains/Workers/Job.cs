using System.Diagnostics;
using System.Text.Json;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Engines;
using StressFarm.Campaigns.Leases;
using StressFarm.Campaigns.Plans;
using StressFarm.Exploration.Evidence;
using StressFarm.Exploration.Feedback;
using StressFarm.Exploration.Records;
using StressFarm.Exploration.Soak;

namespace StressFarm.Grains.Workers;

/// <summary>A lease on this silo: waiting for a thread, on one, or done and not yet delivered.</summary>
internal sealed class Job(SiloCampaign campaign, WorkLease lease) : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private ICampaignWorker? _worker;
    private long _began;

    public SiloCampaign Campaign => campaign;
    public WorkLease Lease => lease;
    public WorkProgress Progress => new(lease.Key, lease.Epoch, _worker?.Done ?? 0);
    public bool Stopped => _stop.IsCancellationRequested;
    /// <summary>Null until it is done; null for ever when it was stopped.</summary>
    public WorkResult? Result { get; private set; }
    /// <summary>It could not be done here and now, and is to be handed back.</summary>
    public bool Returned { get; private set; }
    public Shard Shard => new(lease.Index, lease.Cell, lease.Number, lease.FirstSeed, lease.Count);
    public WorkKind Kind => (WorkKind)lease.Kind;
    /// <summary>Seconds that it was thought to take when it came: what its campaign is charged until it is done.</summary>
    public double Likely { get; } = campaign.Times.Mean((WorkKind)lease.Kind);
    /// <summary>What it came to, for whoever counts what is accepted: the shard's record without what it teaches, or the finding.</summary>
    public ShardRecord? Record { get; private set; }
    public Finding? Finding { get; private set; }
    /// <summary>It was sent, and no answer came.</summary>
    public bool Unanswered { get; set; }
    /// <summary>How long it kept its thread.</summary>
    public double Seconds { get; private set; }
    public TimeSpan SinceBegun => Stopwatch.GetElapsedTime(_began);

    /// <summary>Nobody wants the result any more: the thread leaves it at the next schedule.</summary>
    public void Stop() => _stop.Cancel();

    public void Run(ICampaignWorker worker)
    {
        if (Stopped) return;
        _worker = worker;
        _began = Stopwatch.GetTimestamp();
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
            Seconds = Stopwatch.GetElapsedTime(_began).TotalSeconds;
        }
    }

    public void Dispose() => _stop.Dispose();

    private byte[] Do(ICampaignWorker worker)
    {
        Shard shard = Shard;
        SoakSection? section = campaign.Plan.Cells[shard.Cell].Section;
        GenerationInput? input = lease.Input is { } name ? campaign.Inputs.Of(name, lease.Cell, lease.FirstSeed, _stop.Token) : null;
        if (Kind == WorkKind.WorkUp)
        {
            RawFinding raw = JsonSerializer.Deserialize<RawFinding>(lease.Raw)!;
            Checkpoint? memory = section is not null && raw.Soak is { } place ? campaign.Sections.Before(shard.Cell, section, place.Epoch, _stop.Token) : null;
            Finding = campaign.Runner.WorkUp(worker, new WorkItem(WorkKind.WorkUp, shard, raw), input, _stop.Token, memory);
            return JsonSerializer.SerializeToUtf8Bytes(Finding);
        }
        ShardRecord record = section is null ? campaign.Runner.Run(worker, shard, input, _stop.Token) : RunEpoch(worker, shard, section);
        Record = record with { Feedback = null };
        return JsonSerializer.SerializeToUtf8Bytes(record);
    }

    /// <summary>The memory after an epoch is in the store before the campaign hears of the epoch: its next one can begin anywhere.</summary>
    private ShardRecord RunEpoch(ICampaignWorker worker, Shard shard, SoakSection section)
    {
        Checkpoint? before = campaign.Sections.Before(shard.Cell, section, shard.Number, _stop.Token);
        (ShardRecord record, Checkpoint next) = campaign.Runner.RunEpoch(worker, shard, before, _stop.Token);
        if (Kind == WorkKind.Explore) campaign.Sections.Commit(shard.Cell, before, next, record, _stop.Token);
        return record;
    }
}
