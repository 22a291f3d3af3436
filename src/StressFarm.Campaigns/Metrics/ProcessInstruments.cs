using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace StressFarm.Campaigns.Metrics;

/// <summary>Which build this is, since when it runs, and what the runtime does not say of its process.</summary>
public sealed class ProcessInstruments
{
    private const string Descriptors = "/proc/self/fd";

    public ProcessInstruments(FarmMeter meter)
    {
        using var self = Process.GetCurrentProcess();
        double start = FarmMeter.Seconds(self.StartTime.ToUniversalTime());
        meter.Observe(InstrumentNames.Start, () => start);
        KeyValuePair<string, object?>[] build = [new("version", Campaigns.BuildInfo.Build), new("model", ModelVersion.Current)];
        meter.Observe(InstrumentNames.BuildInfo, () => (Measurement<long>[])[new(1, build)]);
        if (Directory.Exists(Descriptors)) meter.Observe(InstrumentNames.OpenFiles, () => (double)Directory.EnumerateFileSystemEntries(Descriptors).Count());
    }
}
