namespace StressFarm.Campaigns.Leases;

/// <summary>
/// Items that wait for threads, each of an owner: whoever was served least comes first, in seconds and not in items, so that an owner of
/// long ones does not crowd out one of short ones. Each owner's own come in their order. Start-time fair queueing: who had nothing
/// for a while has saved nothing up.
/// </summary>
public sealed class FairQueue<TOwner, TItem> where TOwner : class
{
    private sealed class Line
    {
        public readonly Queue<(TItem Item, double Seconds)> Waiting = new();
        public double Served;
        public long Since;
    }

    private readonly Dictionary<TOwner, Line> _lines = new(ReferenceEqualityComparer.Instance);
    private double _now;
    private long _added;
    private int _count;
    private bool _completed;

    /// <summary>Items that wait.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <param name="seconds">how long it is likely to take</param>
    public void Add(TOwner owner, TItem item, double seconds)
    {
        lock (_lines)
        {
            if (!_lines.TryGetValue(owner, out Line? line)) _lines[owner] = line = new() { Since = _added++ };
            if (line.Waiting.Count == 0) line.Served = Math.Max(line.Served, _now);
            line.Waiting.Enqueue((item, seconds));
            _count++;
            Monitor.Pulse(_lines);
        }
    }

    /// <summary>Waits for an item; false when there will be none any more.</summary>
    public bool Take(out TItem item)
    {
        lock (_lines)
        {
            while (_count == 0)
            {
                if (_completed)
                {
                    item = default!;
                    return false;
                }
                Monitor.Wait(_lines);
            }
            Line next = _lines.Values.Where(l => l.Waiting.Count > 0).MinBy(l => (l.Served, l.Since))!;
            (item, double seconds) = next.Waiting.Dequeue();
            _count--;
            _now = next.Served;
            next.Served += seconds;
            return true;
        }
    }

    /// <summary>An item took so many seconds more, or less, than was said.</summary>
    public void Correct(TOwner owner, double seconds)
    {
        lock (_lines)
            if (_lines.TryGetValue(owner, out Line? line)) line.Served += seconds;
    }

    /// <summary>The owner is gone; what it has waiting is dropped.</summary>
    public void Forget(TOwner owner)
    {
        lock (_lines)
            if (_lines.Remove(owner, out Line? line)) _count -= line.Waiting.Count;
    }

    /// <summary>Nothing is added any more.</summary>
    public void Complete()
    {
        lock (_lines)
        {
            _completed = true;
            Monitor.PulseAll(_lines);
        }
    }
}
