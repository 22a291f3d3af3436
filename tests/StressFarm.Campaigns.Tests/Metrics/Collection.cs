using System.Diagnostics.Metrics;

namespace StressFarm.Campaigns.Tests.Metrics;

/// <summary>Instruments of a meter of their own, and what a collection of them reads.</summary>
internal sealed class Collection : IDisposable
{
    private readonly Meter _meter = new("StressFarm.Tests");
    private readonly MeterListener _listener = new();
    private readonly SortedDictionary<string, double> _read = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, double> _recorded = new(StringComparer.Ordinal);

    public Collection()
    {
        Meter = new(_meter);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter, _meter)) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
        _listener.Start();
    }

    public FarmMeter Meter { get; }

    /// <summary>Every series by name and labels, as "name{label=value,…}"; of a histogram how often something was recorded.</summary>
    public IReadOnlyDictionary<string, double> Read()
    {
        _read.Clear();
        _listener.RecordObservableInstruments();
        foreach (var (series, count) in _recorded) _read[series] = count;
        return new SortedDictionary<string, double>(_read, StringComparer.Ordinal);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _meter.Dispose();
    }

    private void Note(System.Diagnostics.Metrics.Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = new List<string>();
        foreach (var tag in tags) labels.Add($"{tag.Key}={tag.Value}");
        string series = labels.Count == 0 ? instrument.Name : $"{instrument.Name}{{{string.Join(',', labels)}}}";
        lock (_recorded)
        {
            if (instrument is Histogram<double>) _recorded[series] = _recorded.GetValueOrDefault(series) + 1;
            else _read.Add(series, value);
        }
    }
}

internal static class Series
{
    /// <summary>The sum over the series of a name.</summary>
    public static double Sum(this IReadOnlyDictionary<string, double> read, InstrumentName name) =>
        read.Where(s => s.Key.Split('{')[0] == name.Name).Sum(s => s.Value);
}
