using System.Diagnostics.Metrics;
using StressFarm.Exploration.Records;

namespace StressFarm.Campaigns.Metrics;

/// <summary>Why the figures may be believed: canaries that must be caught, and work that is done twice and must come out the same.</summary>
public sealed class TrustInstruments
{
    public const string KnownBug = "known-bug", Mutant = "mutant";
    private const string Self = "self", Silo = "silo", Ledger = "ledger", WorkUp = "work-up";
    private static readonly string[] s_canaryKinds = [KnownBug, Mutant], s_replays = [Self, Silo, Ledger, WorkUp];

    private readonly LabelledCounter _planted, _caught;
    private readonly ClosedCounter _replays, _mismatches;
    private readonly Histogram<double> _canaryDuration;
    private readonly long[] _lastCaught = new long[s_canaryKinds.Length];
    private readonly TimeProvider _clock;

    /// <param name="canaries">kind and id of every canary that may be planted</param>
    public TrustInstruments(FarmMeter meter, LabelOverflows overflows, TimeProvider clock, IReadOnlyList<(string Kind, string Id)> canaries)
    {
        _clock = clock;
        _planted = new(meter, InstrumentNames.CanariesPlanted, overflows);
        _caught = new(meter, InstrumentNames.CanariesCaught, overflows);
        _planted.Show(canaries);
        _caught.Show(canaries);
        _canaryDuration = meter.Histogram(InstrumentNames.CanaryDuration);
        meter.Observe(InstrumentNames.CanaryLast, () => s_canaryKinds.Select((kind, i) =>
            new Measurement<double>(Interlocked.Read(ref _lastCaught[i]) / 1000.0, new KeyValuePair<string, object?>("kind", kind))));
        _replays = new(meter, InstrumentNames.Replays, s_replays);
        _mismatches = new(meter, InstrumentNames.ReplayMismatches, s_replays);
    }

    /// <summary>A canary's result was accepted.</summary>
    /// <param name="seconds">since it was planted</param>
    public void Canary(string kind, string id, bool caught, double seconds)
    {
        _planted.Add(kind, id, 1);
        if (!caught) return;
        _caught.Add(kind, id, 1);
        _canaryDuration.Record(seconds, new KeyValuePair<string, object?>("kind", kind));
        Interlocked.Exchange(ref _lastCaught[Array.IndexOf(s_canaryKinds, kind)], _clock.GetUtcNow().ToUnixTimeMilliseconds());
    }

    /// <summary>Schedules that the worker of an accepted shard ran twice.</summary>
    public void RanTwice(ShardRecord record)
    {
        _replays.Add(Self, record.DeterminismChecked);
        _mismatches.Add(Self, record.DeterminismMismatches);
    }

    /// <summary>A second silo ran a shard.</summary>
    public void Verified(bool same) => Replayed(Silo, same);

    /// <summary>A shard was run whose record was in the ledger already.</summary>
    public void KnownAlready(bool same) => Replayed(Ledger, same);

    /// <summary>A violation was run again to be worked up; one that does not recur is a defect of the simulator.</summary>
    public void WorkedUp(bool recurred) => Replayed(WorkUp, recurred);

    private void Replayed(string kind, bool same)
    {
        _replays.Add(kind);
        if (!same) _mismatches.Add(kind);
    }
}
