namespace StressFarm.Campaigns.Metrics;

/// <summary>A silo among others: what waits on it, and whether it is about to go.</summary>
public sealed class SiloInstruments
{
    private long _queued, _undelivered;
    private volatile bool _draining;
    private Func<int> _active = () => 0;

    public SiloInstruments(FarmMeter meter)
    {
        meter.Observe(InstrumentNames.QueuedLeases, () => Interlocked.Read(ref _queued));
        meter.Observe(InstrumentNames.UndeliveredResults, () => Interlocked.Read(ref _undelivered));
        meter.Observe(InstrumentNames.Draining, () => _draining ? 1 : 0);
        meter.Observe(InstrumentNames.SilosActive, () => Volatile.Read(ref _active)());
    }

    public void Waiting(long queued, long undelivered)
    {
        Interlocked.Exchange(ref _queued, queued);
        Interlocked.Exchange(ref _undelivered, undelivered);
    }

    public void Drains() => _draining = true;

    /// <summary>Who knows the cluster's members.</summary>
    public void Sees(Func<int> active) => Volatile.Write(ref _active, active);
}
