using System.Globalization;
using StressFarm.Campaigns.Plans;

namespace StressFarm.Campaigns.Ledgers;

/// <summary>
/// Adds a ledger up, line by line, without trusting its keys: every shard of the plan once, none twice, none that is not of
/// the plan, each with the schedules the plan gives it, and their digests in order giving the campaign's.
/// </summary>
/// <param name="Planned">shards that the report counts</param>
/// <param name="Executed">of those, how many are in the ledger</param>
/// <param name="Lost">planned and not there. Must be 0 when the campaign is done</param>
/// <param name="Double">lines beyond the first of a shard. Must be 0</param>
/// <param name="Foreign">lines that are of no shard of the plan, or with another count. Must be 0</param>
/// <param name="Beyond">lines of the plan past the contiguous prefix: done, not counted</param>
/// <param name="Schedules">of the shards counted</param>
/// <param name="Steps">of the shards counted</param>
/// <param name="Digest">of the shards counted, in order: the report's</param>
public sealed record LedgerAudit(long Planned, long Executed, long Lost, long Double, long Foreign, long Beyond, long Schedules, long Steps, ulong Digest)
{
    /// <summary>Adds up.</summary>
    /// <param name="planned">shards that count: the tally's prefix, or the plan's count</param>
    /// <param name="lines">in any order</param>
    public static LedgerAudit Of(CampaignPlan plan, long planned, IEnumerable<StoredShard> lines)
    {
        var auditor = new LedgerAuditor(plan, planned);
        foreach (StoredShard line in lines) auditor.Add(line);
        return auditor.Close();
    }

    /// <summary>Executed is what was planned, nothing is lost, nothing counted twice.</summary>
    public bool Balanced => Lost == 0 && Double == 0 && Foreign == 0;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"planned {Planned}, executed {Executed}, lost {Lost}, double {Double}{(Foreign > 0 ? $", foreign {Foreign}" : "")}{(Beyond > 0 ? $", beyond the end {Beyond}" : "")}");
}

/// <summary>Adds a ledger up line by line, keeping a digest of each.</summary>
public sealed class LedgerAuditor(CampaignPlan plan, long planned)
{
    private readonly Dictionary<long, ulong> _digests = [];
    private long _foreign, _twice, _beyond, _schedules, _steps;

    public void Add(StoredShard line)
    {
        if (plan.ShardOf(line) is not { } shard) _foreign++;
        else if (!_digests.TryAdd(shard.Index, line.Record.Digest)) _twice++;
        else if (shard.Index >= planned) _beyond++;
        else (_schedules, _steps) = (_schedules + line.Record.Schedules, _steps + line.Record.Steps);
    }

    public LedgerAudit Close()
    {
        ulong digest = 0;
        long executed = 0;
        for (long i = 0; i < planned; i++)
            if (_digests.TryGetValue(i, out ulong d)) (digest, executed) = (Pcg.Mix(digest ^ d), executed + 1);
        return new(planned, executed, planned - executed, _twice, _foreign, _beyond, _schedules, _steps, digest);
    }
}
