using System.Diagnostics.Metrics;

namespace StressFarm.Campaigns.Metrics;

/// <summary>Calls to grains: attempts with the time they took, and how many of them failed.</summary>
public sealed class CallInstruments(FarmMeter meter)
{
    public static readonly IReadOnlyList<string> Grains = ["campaign", "section", "findings", "farm"];

    private readonly Histogram<double> _duration = meter.Histogram(InstrumentNames.GrainCallDuration);
    private readonly ClosedCounter _failures = new(meter, InstrumentNames.GrainCallFailures, Grains);

    /// <param name="grain">one of <see cref="Grains"/></param>
    public void Called(string grain, TimeSpan time, bool failed)
    {
        _duration.Record(time.TotalSeconds, new KeyValuePair<string, object?>("grain", grain));
        if (failed) _failures.Add(grain);
    }
}
