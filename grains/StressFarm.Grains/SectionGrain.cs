using System.Globalization;
using StressFarm.Campaigns;
using StressFarm.Exploration;

namespace StressFarm.Grains;

/// <summary>
/// Keeps a section's checkpoints. Its writes are fenced: when two activations live at one time, the store takes those of the
/// later one, and the earlier one ends at its next write.
/// </summary>
public sealed class SectionGrain(IFarmStore store) : Grain, ISectionGrain
{
    /// <summary>
    /// Checkpoints kept behind the head, about a kilobyte each: a second silo that verifies an epoch needs the memory before it, and
    /// is about a second behind.
    /// </summary>
    private const int Tail = 128;

    private readonly HashSet<string> _shown = new(StringComparer.Ordinal);
    private SortedSet<long> _kept = [];
    private string _campaign = "";
    private int _cell;
    private long _fence, _head = -1;
    private string _chain = SoakChain.Root;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        string key = this.GetPrimaryKeyString();
        int slash = key.LastIndexOf('/');
        (_campaign, _cell) = (key[..slash], int.Parse(key.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture));
        _fence = await store.BeginSection(_campaign, _cell, cancellationToken);
        // What is there below the tail was kept on purpose, and stays.
        _kept = [.. await store.CheckpointNumbers(_campaign, _cell, cancellationToken)];
        if (_kept.Count == 0) return;
        _head = _kept.Max;
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
            Recorded recorded = await store.SaveCheckpoint(_campaign, _cell, _fence, epoch.Epoch, epoch.After.State, epoch.After.StateHash, epoch.After.Chain, cancellation);
            if (epoch.Epoch <= _head) return (byte)recorded;
            (_head, _chain) = (epoch.Epoch, epoch.After.Chain);
            if (CheckpointRetention.IsRung(_head)) _kept.Add(_head);
            if (epoch.Shown.Count(_shown.Add) > 0 && _head > 0) _kept.Add(_head - 1);
            if (_head > Tail) await store.PruneCheckpoints(_campaign, _cell, _head - Tail, _kept, cancellation);
            return (byte)recorded;
        }
        catch
        {
            // What the store holds now is for the next activation to read.
            DeactivateOnIdle();
            throw;
        }
    }
}
