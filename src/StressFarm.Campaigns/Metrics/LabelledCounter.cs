using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace StressFarm.Campaigns.Metrics;

/// <summary>
/// A counter of pairs of labels whose product is larger than an instrument may be: at most <see cref="MostSeries"/> series,
/// and none that begins at its first event. Pairs that are known beforehand are shown together when there is room for them; any
/// other appears when it is first counted. Each is 0 in the first collection that shows it and says its count from the
/// next; what finds no room at all is counted under <see cref="Other"/>.
/// </summary>
public sealed class LabelledCounter
{
    public const int MostSeries = 500;
    public const string Other = "other";

    private sealed class Series(InstrumentName name, (string, string) labels)
    {
        public readonly KeyValuePair<string, object?>[] Tags = [new(name.Labels[0], labels.Item1), new(name.Labels[1], labels.Item2)];
        public long Count;
        public bool Shown;
    }

    private readonly ConcurrentDictionary<(string, string), Series> _series = new();
    private readonly HashSet<(string, string)> _overflowed = [];
    private readonly Lock _growing = new();
    private readonly InstrumentName _name;
    private readonly LabelOverflows _overflows;
    private readonly int _room;
    private Series? _other;

    /// <param name="most">series that it may have, that of <see cref="Other"/> included</param>
    public LabelledCounter(FarmMeter meter, InstrumentName name, LabelOverflows overflows, int most = MostSeries)
    {
        (_name, _overflows, _room) = (name, overflows, most - 1);
        meter.Observe(name, Read);
    }

    /// <summary>Shows all of these from the next collection on, or none when they do not all find room.</summary>
    public bool Show(IEnumerable<(string, string)> pairs)
    {
        lock (_growing)
        {
            (string, string)[] fresh = [.. pairs.Distinct().Where(p => !_series.ContainsKey(p))];
            if (_series.Count + fresh.Length > _room) return false;
            foreach (var pair in fresh) _series[pair] = new(_name, pair);
            return true;
        }
    }

    public void Add(string first, string second, long count) => Interlocked.Add(ref Of((first, second)).Count, count);

    private Series Of((string, string) pair)
    {
        if (_series.TryGetValue(pair, out Series? known)) return known;
        lock (_growing)
        {
            if (_series.TryGetValue(pair, out known)) return known;
            if (_series.Count < _room) return _series[pair] = new(_name, pair);
            if (_overflowed.Add(pair)) _overflows.Add();
            return _other ??= new(_name, (Other, Other));
        }
    }

    private IEnumerable<Measurement<long>> Read()
    {
        Series[] all;
        lock (_growing) all = [.. _series.Values, .. _other is null ? (Series[])[] : [_other]];
        return all.Select(s =>
        {
            bool shown = s.Shown;
            s.Shown = true;
            return new Measurement<long>(shown ? Interlocked.Read(ref s.Count) : 0, s.Tags);
        });
    }
}

/// <summary>How many pairs of labels found no room, over all counters.</summary>
public sealed class LabelOverflows
{
    private long _count;

    public LabelOverflows(FarmMeter meter) => meter.Observe(InstrumentNames.LabelOverflows, () => [new Measurement<long>(Interlocked.Read(ref _count))]);

    public void Add() => Interlocked.Increment(ref _count);
}
