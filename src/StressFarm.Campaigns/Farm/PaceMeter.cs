using StressFarm.Campaigns.Tallies;

namespace StressFarm.Campaigns.Farm;

/// <summary>Steps a second over the last ten seconds, and how long the rest takes at that pace. Not thread safe.</summary>
public sealed class PaceMeter(TimeProvider clock)
{
    private static readonly TimeSpan s_window = TimeSpan.FromSeconds(10);
    private readonly Queue<(long At, long Steps)> _recent = new();
    private readonly long _start = clock.GetTimestamp();
    private long _sum;
    private (double Share, long At)? _first;

    /// <summary>Steps that were done just now.</summary>
    public void Add(long steps)
    {
        _recent.Enqueue((clock.GetTimestamp(), steps));
        _sum += steps;
        Drop();
    }

    /// <summary>Steps a second, and the seconds that exploring still takes; null while that is unknown.</summary>
    public (double Pace, double? Left) Read(CampaignTally tally)
    {
        Drop();
        double elapsed = clock.GetElapsedTime(_start).TotalSeconds;
        double window = Math.Min(elapsed, s_window.TotalSeconds);
        double pace = window > 0 ? _sum / window : 0;
        double share = tally.Share;
        (double first, long since) = _first ??= (share, clock.GetTimestamp());
        double? left = share >= 1 ? 0 : share > first ? clock.GetElapsedTime(since).TotalSeconds * (1 - share) / (share - first) : null;
        return (pace, left);
    }

    private void Drop()
    {
        while (_recent.TryPeek(out var oldest) && clock.GetElapsedTime(oldest.At) > s_window)
        {
            _recent.Dequeue();
            _sum -= oldest.Steps;
        }
    }
}
