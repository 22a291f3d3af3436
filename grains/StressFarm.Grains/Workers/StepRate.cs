namespace StressFarm.Grains.Workers;

/// <summary>Steps a second over the last ten seconds. One thread writes, any may read.</summary>
internal sealed class StepRate(TimeProvider clock)
{
    private const int Seconds = 10;
    private readonly long[] _buckets = new long[Seconds + 1];
    private readonly long _start = clock.GetTimestamp();
    private long _current;

    public void Add(long steps)
    {
        Advance();
        _buckets[_current % _buckets.Length] += steps;
    }

    public double PerSecond()
    {
        Advance();
        long sum = 0;
        for (long second = Math.Max(0, _current - Seconds); second < _current; second++) sum += _buckets[second % _buckets.Length];
        return sum / (double)Math.Clamp(_current, 1, Seconds);
    }

    private void Advance()
    {
        long now = (long)clock.GetElapsedTime(_start).TotalSeconds;
        for (long second = Math.Max(_current + 1, now - Seconds); second <= now; second++) _buckets[second % _buckets.Length] = 0;
        _current = now;
    }
}
