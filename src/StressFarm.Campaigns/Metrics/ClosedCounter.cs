using System.Diagnostics.Metrics;

namespace StressFarm.Campaigns.Metrics;

/// <summary>
/// A counter, or one for each value of a label whose values are all known: every one is shown from the start, and at 0 in the first
/// collection, whatever has been counted by then.
/// </summary>
public sealed class ClosedCounter
{
    private readonly string[] _values;
    private readonly long[] _counts;
    private readonly KeyValuePair<string, object?>[][] _tags;
    private bool _shown;

    public ClosedCounter(FarmMeter meter, InstrumentName name, params IEnumerable<string> values)
        : this(name, values) => meter.Observe(name, () => Read().Select((count, i) => new Measurement<long>(count, _tags[i])));

    /// <summary>One that counts milliseconds and says seconds.</summary>
    public static ClosedCounter OfMilliseconds(FarmMeter meter, InstrumentName name, IEnumerable<string> values)
    {
        var counter = new ClosedCounter(name, values);
        meter.Observe(name, () => counter.Read().Select((count, i) => new Measurement<double>(count / 1000.0, counter._tags[i])));
        return counter;
    }

    private ClosedCounter(InstrumentName name, IEnumerable<string> values)
    {
        _values = name.Labels.Count == 0 ? [""] : [.. values];
        _counts = new long[_values.Length];
        _tags = [.. _values.Select(v => name.Labels.Count == 0 ? (KeyValuePair<string, object?>[])[] : [new(name.Labels[0], v)])];
    }

    private long[] Read()
    {
        bool shown = _shown;
        _shown = true;
        return [.. _counts.Select((_, i) => shown ? Interlocked.Read(ref _counts[i]) : 0)];
    }

    public void Add(long count = 1) => Interlocked.Add(ref _counts[0], count);

    /// <param name="value">one of the values: another one is a defect, and throws</param>
    public void Add(string value, long count = 1)
    {
        int at = Array.IndexOf(_values, value);
        Interlocked.Add(ref _counts[at >= 0 ? at : throw new ArgumentException($"'{value}' is none of {string.Join(", ", _values)}", nameof(value))], count);
    }
}
