using System.Diagnostics.Metrics;

namespace StressFarm.Campaigns.Metrics;

/// <summary>What a call of the store is about.</summary>
public enum StoreOperation : byte
{
    /// <summary>Shards and verifications into the ledger.</summary>
    Record,
    Lease,
    Finding,
    /// <summary>A section's checkpoints, written and dropped.</summary>
    Checkpoint,
    /// <summary>Campaigns: entered, their term, state, counts and report.</summary>
    State,
    Read,
}

/// <summary>Calls of the store: attempts with the time they took, and how many of them failed.</summary>
public sealed class StoreInstruments(FarmMeter meter)
{
    public static readonly IReadOnlyList<string> Operations = ["record", "lease", "finding", "checkpoint", "state", "read"];

    private readonly Histogram<double> _duration = meter.Histogram(InstrumentNames.StoreDuration);
    private readonly ClosedCounter _errors = new(meter, InstrumentNames.StoreErrors, Operations);

    public void Called(StoreOperation operation, TimeSpan time, bool failed)
    {
        _duration.Record(time.TotalSeconds, new KeyValuePair<string, object?>("operation", Operations[(int)operation]));
        if (failed) _errors.Add(Operations[(int)operation]);
    }
}
