using System.Diagnostics.Metrics;

namespace StressFarm.Campaigns.Metrics;

/// <summary>
/// Makes instruments of their names. Counters and gauges are observable: what is counted is a plain number, and is read when
/// somebody collects.
/// </summary>
public sealed class FarmMeter(Meter meter)
{
    public void Observe(InstrumentName name, Func<IEnumerable<Measurement<long>>> read)
    {
        if (name.Kind == InstrumentKind.Counter) meter.CreateObservableCounter(name.Name, read, Unit(name), name.Description);
        else meter.CreateObservableGauge(name.Name, read, Unit(name), name.Description);
    }

    public void Observe(InstrumentName name, Func<double> read)
    {
        if (name.Kind == InstrumentKind.Counter) meter.CreateObservableCounter(name.Name, read, Unit(name), name.Description);
        else meter.CreateObservableGauge(name.Name, read, Unit(name), name.Description);
    }

    public void Observe(InstrumentName name, Func<IEnumerable<Measurement<double>>> read)
    {
        if (name.Kind == InstrumentKind.Counter) meter.CreateObservableCounter(name.Name, read, Unit(name), name.Description);
        else meter.CreateObservableGauge(name.Name, read, Unit(name), name.Description);
    }

    public Histogram<double> Histogram(InstrumentName name) => meter.CreateHistogram(name.Name, Unit(name), name.Description,
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = name.Buckets });

    /// <summary>Seconds since 1970; 0 for never.</summary>
    public static double Seconds(DateTimeOffset? time) => time is { } t ? (t - DateTimeOffset.UnixEpoch).TotalSeconds : 0;

    private static string? Unit(InstrumentName name) => name.Unit.Length > 0 ? name.Unit : null;
}
