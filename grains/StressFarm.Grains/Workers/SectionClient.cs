using System.Globalization;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Ledgers;
using StressFarm.Exploration.Records;
using StressFarm.Exploration.Soak;

namespace StressFarm.Grains.Workers;

/// <summary>
/// The sections of a campaign for a worker's thread, which waits for the answer: it has nothing else to do, and it is none of
/// Orleans' own.
/// </summary>
internal sealed class SectionClient(IGrainFactory grains, string campaign, TimeSpan deadline)
{
    /// <summary>The checkpoint that an epoch goes on from; null for the first.</summary>
    public Checkpoint? Before(int cell, SoakSection section, long epoch, CancellationToken cancellation)
    {
        if (epoch == 0) return null;
        SectionMemory memory = Ask(cell, (grain, token) => grain.After(epoch - 1, token), cancellation)
            ?? throw new FarmUnreachableException(string.Create(CultureInfo.InvariantCulture, $"the memory after epoch {epoch - 1} of cell {cell} is not kept"));
        return new(section.Number, epoch - 1, memory.State, memory.StateHash, memory.Chain);
    }

    /// <summary>Writes the checkpoint after an epoch.</summary>
    public void Commit(int cell, Checkpoint? before, Checkpoint next, ShardRecord record, CancellationToken cancellation)
    {
        var epoch = new SectionEpoch(next.Epoch, before?.Chain ?? SoakChain.Root, new(next.State, next.StateHash, next.Chain), [.. record.Findings.Select(f => f.Key)]);
        var recorded = (Recorded)Ask(cell, (grain, token) => grain.Commit(epoch, token), cancellation);
        if (recorded == Recorded.Mismatch)
            throw new CampaignFault(string.Create(CultureInfo.InvariantCulture, $"epoch {next.Epoch} of cell {cell} left another memory than the one in the store"));
    }

    private T Ask<T>(int cell, Func<ISectionGrain, CancellationToken, Task<T>> call, CancellationToken cancellation)
    {
        ISectionGrain grain = grains.GetGrain<ISectionGrain>(ISectionGrain.KeyOf(campaign, cell));
        return BlockingCall.Run(token => call(grain, token), deadline, cancellation);
    }
}
