using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Farm;
using StressFarm.Campaigns.Leases;
using StressFarm.Campaigns.Metrics;
using StressFarm.Campaigns.Plans;
using StressFarm.Campaigns.Tallies;
using StressFarm.Exploration.Records;

namespace StressFarm.Grains;

/// <summary>
/// Identity, persistence and recovery of a campaign; everything it decides is <see cref="FarmCampaign"/>'s. Whatever goes wrong
/// with the store ends the activation: the next one reads what really is there.
/// </summary>
public sealed class CampaignGrain(IFarmStore store, IOptions<FarmOptions> options, TimeProvider clock, RunInstruments instruments, ILogger<CampaignGrain> log)
    : Grain, ICampaignGrain, IRemindable
{
    private const string Revival = "revive";
    private static readonly TimeSpan s_reminder = TimeSpan.FromMinutes(1), s_tick = TimeSpan.FromSeconds(1);
    private FarmCampaign? _campaign;
    private CampaignWatch? _watch;
    private CampaignEntry? _entry;
    private CampaignFault? _fault;
    private bool _reminded;

    private string Id => this.GetPrimaryKeyString();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _entry = await store.Find(Id, cancellationToken);
        if (_entry is null) return;
        var terms = new LeaseTerms(options.Value.LeaseDuration, options.Value.VerifyEvery);
        try
        {
            _campaign = await FarmCampaign.Open(store, _entry, terms, clock, cancellationToken);
            CampaignLog.Opened(log, Id, _campaign.Entry.Term, _campaign.Board.Tally.Prefix, _campaign.Board.Leases.Count);
        }
        catch (CampaignFault e)
        {
            CampaignLog.Unworkable(log, Id, e.Message);
            if (_entry.Active) instruments.Campaigns.Unworkable(e);
            // One that failed for just that was counted then.
            else if (e.LedgerDamaged && _entry.Reason != e.Message) instruments.Campaigns.LookedAt(1);
            _fault = e;
            _entry = await store.Find(Id, cancellationToken);
            return;
        }
        if (_campaign.Entry.Active)
        {
            await this.RegisterOrUpdateReminder(Revival, s_reminder, s_reminder);
            _reminded = true;
            this.RegisterGrainTimer(Tick, new GrainTimerCreationOptions(s_tick, s_tick) { Interleave = false });
        }
        _campaign.OnFirstViolation = instruments.Work.FirstViolation;
        // One that was over before is only looked at: it is no part of what the farm does now, but its ledger must still add up.
        if (_entry.Active) _watch = instruments.Campaigns.Watch(_entry.State, _campaign.Snapshot());
        else instruments.Campaigns.LookedAt(_campaign.Snapshot().Discrepancies);
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _watch?.Dispose();
        return Task.CompletedTask;
    }

    public async Task<ExchangeReply> Exchange(ExchangeRequest request, CancellationToken cancellation)
    {
        LookAgainLater();
        if (_campaign is null) return new([], [.. request.Results.Select(_ => (byte)ResultFate.Refused)], [.. request.Progress.Select(p => p.Key)], true);
        ExchangeAnswer answer = await Guarded(c => c.Exchange(new(request.Holder, request.Wanted,
            [.. request.Results.Select(r => new WorkReturn(r.Key, r.Epoch, r.Record, r.Fault))],
            [.. request.Progress.Select(p => new LeaseProgress(p.Key, p.Epoch, p.Done))],
            [.. request.Returned.Select(p => new LeaseProgress(p.Key, p.Epoch, p.Done))], request.WorkUps), cancellation));
        await RestWhenOver();
        return new([.. answer.Leases.Select(Travelling)], [.. answer.Fates.Select(f => (byte)f)], answer.Lost, answer.Over);
    }

    public Task<CampaignBrief?> Describe(CancellationToken cancellation)
    {
        LookAgainLater();
        CampaignEntry? entry = _campaign?.Entry ?? _entry;
        return Task.FromResult(entry is null ? null : new CampaignBrief(entry.Id, entry.Request, entry.Hash, entry.State == CampaignState.Running));
    }

    public Task<Payload?> Status(CancellationToken cancellation) => Task.FromResult(StatusNow());

    public Task<Payload?> Candidates(CancellationToken cancellation)
    {
        if (_campaign is null) return Task.FromResult<Payload?>(null);
        var workloads = FindingMerge.Workloads(_campaign.Board.Tally);
        return Task.FromResult<Payload?>(new(JsonSerializer.SerializeToUtf8Bytes<IReadOnlyList<CandidateCount>>(
            [.. _campaign.Candidates().Select(c => new CandidateCount(c.Cell.Index, c.Cell.Policy.Name, c.Cell.Workload.Id, c.Raw, c.Count)
            {
                Workloads = workloads.GetValueOrDefault((c.Cell.Policy.Name, c.Raw.Key)),
            })])));
    }

    public Task<Payload?> Input(int cell, ulong firstSeed, CancellationToken cancellation) =>
        Task.FromResult(_campaign?.Board.Tally.InputOf(cell, firstSeed) is { } input ? new Payload(JsonSerializer.SerializeToUtf8Bytes(input)) : null);

    public async Task<Payload?> Steer(Steering steering, CancellationToken cancellation)
    {
        if (_campaign is not null && steering != Steering.Wake)
        {
            await Guarded(async c =>
            {
                await c.Become(steering switch
                {
                    Steering.Pause => CampaignState.Paused,
                    Steering.Resume => CampaignState.Running,
                    _ => CampaignState.Cancelled,
                }, cancellation);
                return true;
            });
            // Taken up again: the timer and the reminder are those of an active campaign's activation.
            if (steering == Steering.Resume && !_reminded) DeactivateOnIdle();
            await RestWhenOver();
        }
        return StatusNow();
    }

    /// <summary>After a full restart nobody calls a campaign; this does, once a minute.</summary>
    public Task ReceiveReminder(string reminderName, TickStatus status)
    {
        _reminded = true;
        return RestWhenOver();
    }

    /// <summary>Not known, or not yet: this call is answered, and the next one finds an activation that has looked again.</summary>
    private void LookAgainLater()
    {
        if (_entry is null) DeactivateOnIdle();
    }

    private Payload? StatusNow()
    {
        LookAgainLater();
        CampaignStatus? status = _campaign?.Status() ?? (_entry is { } entry ? Unworkable(entry) : null);
        return status is null ? null : new Payload(JsonSerializer.SerializeToUtf8Bytes(status, FarmJson.Default.CampaignStatus));
    }

    /// <summary>The status of a campaign that cannot be opened: no figures, but why. A damaged ledger is a defect whatever state the campaign is in.</summary>
    private CampaignStatus Unworkable(CampaignEntry e) => new(e.Id, e.Name, CampaignWords.Of(e.State), e.Reason.Length > 0 ? e.Reason : _fault?.Message ?? "",
        "exploring", 0, 0, 0, 0, null, 0, 0, 0, new(0, 0, 0, 0, 0, 0), new(0, 0, 0, 0), _fault is { LedgerDamaged: true } damaged ? [damaged.Message] : [], "", e.Created, e.Finished);

    private async Task Tick(CancellationToken cancellation)
    {
        if (_campaign is not { Entry.Active: true }) return;
        try
        {
            await Guarded(async c =>
            {
                await c.Tick(cancellation);
                return true;
            });
        }
        catch (Exception e) when (e is StoreException or StaleTermException)
        {
            // Told in Guarded; whoever asks next finds a new activation.
        }
        await RestWhenOver();
    }

    /// <summary>Whatever fails between board and store ends this activation.</summary>
    private async Task<T> Guarded<T>(Func<FarmCampaign, Task<T>> action)
    {
        try
        {
            T result = await action(_campaign!);
            _watch?.Publish(_campaign!.Snapshot());
            return result;
        }
        catch (Exception e)
        {
            CampaignLog.Dropped(log, Id, e.GetType().Name, e.Message);
            DeactivateOnIdle();
            throw;
        }
    }

    private async Task RestWhenOver()
    {
        if (!_reminded || _campaign is { Entry.Active: true }) return;
        if (await this.GetReminder(Revival) is { } reminder) await this.UnregisterReminder(reminder);
        _reminded = false;
    }

    private static WorkLease Travelling(Lease lease)
    {
        Shard shard = lease.Work.Shard;
        byte[]? raw = lease.Work.Raw is { } r ? JsonSerializer.SerializeToUtf8Bytes(r) : null;
        return new(lease.Work.Key, lease.Epoch, (byte)lease.Work.Kind, shard.Index, shard.Cell, shard.Number, shard.FirstSeed, shard.Count, raw,
            lease.Input is { } input ? string.Create(CultureInfo.InvariantCulture, $"{shard.Cell}/{input.Generation}") : null);
    }
}

/// <summary>A violation, worked up or not, with its count.</summary>
/// <param name="Workload">of its lowest cell</param>
public sealed record CandidateCount(int Cell, string Policy, string Workload, RawFinding Raw, long Count)
{
    /// <summary>All that it was seen in; null when a silo of an older build says so.</summary>
    public IReadOnlyList<string>? Workloads { get; init; }
}

internal static partial class CampaignLog
{
    [LoggerMessage(Level = LogLevel.Information, Message = "campaign {Id}: term {Term}, {Shards} shards in the ledger, {Leases} leases out")]
    public static partial void Opened(ILogger log, string id, long term, long shards, int leases);

    [LoggerMessage(Level = LogLevel.Warning, Message = "campaign {Id} cannot be worked on: {Reason}")]
    public static partial void Unworkable(ILogger log, string id, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "campaign {Id}: this activation ends: {Kind}: {Reason}")]
    public static partial void Dropped(ILogger log, string id, string kind, string reason);
}
