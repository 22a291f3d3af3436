using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace StressFarm.Campaigns.Metrics;

/// <summary>
/// The campaigns that are decided here: their leases, ledgers and sections. Each has a <see cref="CampaignWatch"/>; gauges add
/// up what the watches published last.
/// </summary>
public sealed class CampaignInstruments
{
    private static readonly string[] s_endings = ["done", "cancelled", "failed"], s_sections = ["running", "waiting", "done"];

    private readonly ConcurrentDictionary<CampaignWatch, bool> _watches = new(ReferenceEqualityComparer.Instance);
    private readonly ClosedCounter _ended, _reissues, _discrepancies, _discovered;

    /// <param name="audited">ledgers are audited here: only then is anything known of what was lost or is there twice</param>
    public CampaignInstruments(FarmMeter meter, bool audited)
    {
        _ended = new(meter, InstrumentNames.CampaignsEnded, s_endings);
        _reissues = new(meter, InstrumentNames.LeaseReissues);
        _discrepancies = new(meter, InstrumentNames.LedgerDiscrepancies);
        _discovered = new(meter, InstrumentNames.SpeciesDiscovered, WorkInstruments.Arms);
        meter.Observe(InstrumentNames.Campaigns, () => (Measurement<long>[])
        [
            Of("state", "running", Sum(s => s.State == CampaignState.Running ? 1 : 0)), Of("state", "paused", Sum(s => s.State == CampaignState.Paused ? 1 : 0)),
        ]);
        meter.Observe(InstrumentNames.Leases, () => WorkInstruments.Kinds.Select((kind, i) => Of("kind", kind, Sum(s => s.Leases[i]))));
        meter.Observe(InstrumentNames.LeaseOldest, () => FarmMeter.Seconds(Snapshots.Min(s => s.OldestLease)));
        meter.Observe(InstrumentNames.LedgerShards, () => (Measurement<long>[])
        [
            Of("state", "planned", Sum(s => s.Ledger.Planned)), Of("state", "executed", Sum(s => s.Ledger.Executed)),
            .. audited ? (Measurement<long>[])[Of("state", "lost", Sum(s => s.Ledger.Lost)), Of("state", "double", Sum(s => s.Ledger.Double))] : [],
        ]);
        meter.Observe(InstrumentNames.Sections, () => s_sections.Select((state, i) => Of("state", state, Sum(s => s.Sections[i]))));
        meter.Observe(InstrumentNames.CheckpointOldest, () => FarmMeter.Seconds(Snapshots.Min(s => s.OldestCheckpoint)));
        meter.Observe(InstrumentNames.SpeciesSeen, () => (double)Sum(s => s.Species.Values.Sum()));
    }

    private IEnumerable<CampaignSnapshot> Snapshots => _watches.Keys.Select(w => w.Latest);

    /// <summary>A campaign that was opened here.</summary>
    /// <param name="before">the state it was in</param>
    /// <param name="first">where it stands</param>
    public CampaignWatch Watch(CampaignState before, CampaignSnapshot first)
    {
        var watch = new CampaignWatch(this, before, first);
        _watches[watch] = true;
        return watch;
    }

    /// <summary>A campaign could not be worked on, and so ended.</summary>
    public void Unworkable(CampaignFault why)
    {
        _ended.Add("failed");
        if (why.LedgerDamaged) _discrepancies.Add();
    }

    /// <summary>A campaign that was over before was opened to be read. It has no watch; what its ledger showed counts all the same.</summary>
    public void LookedAt(long discrepancies) => _discrepancies.Add(discrepancies);

    internal void Forget(CampaignWatch watch) => _watches.TryRemove(watch, out _);

    /// <summary>Counts what happened between two snapshots of a campaign.</summary>
    internal void Count(CampaignState before, CampaignSnapshot? former, CampaignSnapshot now)
    {
        if (IsActive(before) && !IsActive(now.State)) _ended.Add(CampaignWords.Of(now.State));
        _reissues.Add(now.Reissued - (former?.Reissued ?? 0));
        _discrepancies.Add(now.Discrepancies - (former?.Discrepancies ?? 0));
        // What the ledger showed when the campaign was opened was discovered, and counted, before.
        if (former is null) return;
        foreach (var (arm, count) in now.Species)
            if (count - former.Species.GetValueOrDefault(arm) is > 0 and var more) _discovered.Add(arm, more);
    }

    private static bool IsActive(CampaignState state) => state is CampaignState.Running or CampaignState.Paused;
    private long Sum(Func<CampaignSnapshot, long> of) => Snapshots.Sum(of);
    private static Measurement<long> Of(string label, string value, long count) => new(count, new KeyValuePair<string, object?>(label, value));
}

/// <summary>A campaign that is decided here, for as long as it is. One turn at a time publishes; a collection reads what was published last.</summary>
public sealed class CampaignWatch : IDisposable
{
    private readonly CampaignInstruments _instruments;
    private CampaignSnapshot _latest;

    internal CampaignWatch(CampaignInstruments instruments, CampaignState before, CampaignSnapshot first)
    {
        (_instruments, _latest) = (instruments, first);
        instruments.Count(before, null, first);
    }

    internal CampaignSnapshot Latest => Volatile.Read(ref _latest);

    public void Publish(CampaignSnapshot now)
    {
        CampaignSnapshot former = Latest;
        Volatile.Write(ref _latest, now);
        _instruments.Count(former.State, former, now);
    }

    /// <summary>It is decided elsewhere from now on, or nowhere.</summary>
    public void Dispose() => _instruments.Forget(this);
}
