using System.Globalization;
using StressFarm.Campaigns.Farm;
using StressFarm.Campaigns.Ledgers;
using StressFarm.Exploration.Soak;

namespace StressFarm.Grains;

/// <summary>
/// Keeps a section's checkpoints. Its writes are fenced: when two activations live at one time, the store takes those of the
/// later one, and the earlier one ends at its next write.
/// </summary>
public sealed class SectionGrain(IFarmStore store, TimeProvider clock) : Grain, ISectionGrain
{
    /// <summary>
    /// Checkpoints kept behind the head: a second silo that verifies an epoch needs the memory before it, and is about a second
    /// behind. Those of the last minute are kept, but so many at least and at most: of one to three kilobytes each, and ten thousand
    /// sections that go on slowly must not keep the most.
    /// </summary>
    private const int Least = 8, Most = 128;
    private static readonly TimeSpan s_recent = TimeSpan.FromMinutes(1);

    /// <summary>What this activation saw. A later one sees it for the first time again, and pins once more: one checkpoint too many.</summary>
    private readonly HashSet<string> _shown = new(StringComparer.Ordinal);
    /// <summary>The epochs that may still be verified, with the time of their commit.</summary>
    private readonly Queue<(long Epoch, long At)> _recent = new();
    private string _campaign = "";
    private int _cell;
    private long _fence, _head = -1, _keptFrom;
    private string _chain = SoakChain.Root;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        string key = this.GetPrimaryKeyString();
        int slash = key.LastIndexOf('/');
        (_campaign, _cell) = (key[..slash], int.Parse(key.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture));
        _fence = await store.BeginSection(_campaign, _cell, cancellationToken);
        IReadOnlyList<long> there = await store.CheckpointNumbers(_campaign, _cell, cancellationToken);
        if (there.Count == 0) return;
        _head = there[^1];
        _chain = (await store.LoadCheckpoint(_campaign, _cell, _head, cancellationToken))!.Value.Chain;
    }

    public async Task<SectionMemory?> After(long epoch, CancellationToken cancellation) =>
        await store.LoadCheckpoint(_campaign, _cell, epoch, cancellation) is { } found ? new(found.State, found.StateHash, found.Chain) : null;

    public async Task<byte> Commit(SectionEpoch epoch, CancellationToken cancellation)
    {
        if (epoch.Epoch > _head + 1 || epoch.Epoch == _head + 1 && epoch.Before != _chain)
        {
            // Either the worker is behind or this activation is: the next one reads how far the section is.
            DeactivateOnIdle();
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"section {this.GetPrimaryKeyString()}: epoch {epoch.Epoch} does not follow on its head, epoch {_head}"));
        }
        try
        {
            bool next = epoch.Epoch > _head, shows = next && epoch.Shown.Count(_shown.Add) > 0;
            Recorded recorded = await store.SaveCheckpoint(_campaign, _cell, _fence, epoch.Epoch, epoch.After.State, epoch.After.StateHash, epoch.After.Chain, shows, cancellation);
            if (!next) return (byte)recorded;
            (_head, _chain) = (epoch.Epoch, epoch.After.Chain);
            _recent.Enqueue((_head, clock.GetTimestamp()));
            long keepFrom = KeepFrom();
            if (keepFrom > _keptFrom) await store.PruneCheckpoints(_campaign, _cell, keepFrom, cancellation);
            _keptFrom = keepFrom;
            return (byte)recorded;
        }
        catch
        {
            // What the store holds now is for the next activation to read.
            DeactivateOnIdle();
            throw;
        }
    }

    /// <summary>The first checkpoint that a recent epoch went on from.</summary>
    private long KeepFrom()
    {
        while (_recent.Count > Most || clock.GetElapsedTime(_recent.Peek().At) > s_recent) _recent.Dequeue();
        return Math.Max(0, Math.Min(_recent.Peek().Epoch - 1, _head - Least));
    }
}
