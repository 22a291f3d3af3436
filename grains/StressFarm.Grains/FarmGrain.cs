using StressFarm.Campaigns;
using StressFarm.Campaigns.Farm;

namespace StressFarm.Grains;

/// <summary>The directory: reads which campaigns run from the store, at most once a second.</summary>
public sealed class FarmGrain(IFarmStore store, TimeProvider clock) : Grain, IFarmGrain
{
    private static readonly TimeSpan s_fresh = TimeSpan.FromSeconds(1), s_gone = TimeSpan.FromMinutes(1);
    private readonly SortedDictionary<string, (Heartbeat Heartbeat, DateTimeOffset Seen)> _silos = new(StringComparer.Ordinal);
    private IReadOnlyList<string> _running = [];
    private DateTimeOffset _read;

    public async Task<IReadOnlyList<string>> Hello(Heartbeat heartbeat, CancellationToken cancellation)
    {
        DateTimeOffset now = clock.GetUtcNow();
        _silos[heartbeat.Holder] = (heartbeat, now);
        foreach (string gone in _silos.Where(s => s.Value.Seen < now - s_gone).Select(s => s.Key).ToArray()) _silos.Remove(gone);
        if (now - _read >= s_fresh)
        {
            IReadOnlyList<CampaignEntry> active = await store.Active(cancellation);
            _running = [.. active.Where(c => c.State == CampaignState.Running).Select(c => c.Id)];
            _read = now;
        }
        return _running;
    }

    public Task Changed(CancellationToken cancellation)
    {
        _read = default;
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<(Heartbeat Heartbeat, DateTimeOffset Seen)>> Silos(CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<(Heartbeat, DateTimeOffset)>>([.. _silos.Values]);
}
