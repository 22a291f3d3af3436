using System.Diagnostics.Metrics;
using StressFarm.Campaigns;

namespace StressFarm.Grains;

/// <summary>What a silo's workers did, for <c>/metrics</c>. Told once a shard or a call, never once a step.</summary>
public sealed class FarmInstruments
{
    public const string MeterName = "StressFarm";
    private static readonly string[] s_fates = ["accepted", "same", "mismatch", "refused"];
    private readonly Counter<long> _schedules, _steps, _violations, _results, _failures;
    private readonly Histogram<double> _calls;

    public FarmInstruments(IMeterFactory factory)
    {
        Meter meter = factory.Create(MeterName);
        _schedules = meter.CreateCounter<long>("stressfarm_schedules", description: "Schedules run by this silo's workers");
        _steps = meter.CreateCounter<long>("stressfarm_steps", description: "Steps taken by this silo's workers");
        _violations = meter.CreateCounter<long>("stressfarm_violations", description: "Schedules that ended in a violation");
        _results = meter.CreateCounter<long>("stressfarm_results", description: "Results delivered to campaigns, by what became of them");
        _failures = meter.CreateCounter<long>("stressfarm_exchange_failures", description: "Calls to a campaign that failed");
        _calls = meter.CreateHistogram<double>("stressfarm_exchange_duration", "s", "Time of a call from a worker to its campaign",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] });
        _schedules.Add(0);
        _steps.Add(0);
        _violations.Add(0);
        _failures.Add(0);
        foreach (string fate in s_fates) _results.Add(0, new KeyValuePair<string, object?>("fate", fate));
    }

    public void Ran(long schedules, long steps, long violated)
    {
        _schedules.Add(schedules);
        _steps.Add(steps);
        _violations.Add(violated);
    }

    public void Delivered(ResultFate fate) => _results.Add(1, new KeyValuePair<string, object?>("fate", s_fates[(int)fate]));
    public void Called(TimeSpan time) => _calls.Record(time.TotalSeconds);
    public void CallFailed() => _failures.Add(1);
}
