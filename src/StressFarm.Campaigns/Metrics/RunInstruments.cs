using StressFarm.Campaigns.Leases;
using StressFarm.Campaigns.Plans;
using StressFarm.Exploration.Canaries;
using StressFarm.Exploration.Evidence;
using StressFarm.Exploration.Records;

namespace StressFarm.Campaigns.Metrics;

/// <summary>What an embedded run and a silo both measure.</summary>
public sealed class RunInstruments
{
    /// <param name="audited">ledgers are read line by line before a campaign ends, as a farm does</param>
    public RunInstruments(FarmMeter meter, TimeProvider clock, bool audited)
    {
        var overflows = new LabelOverflows(meter);
        Work = new(meter, overflows, clock);
        Trust = new(meter, overflows, clock, [.. Catalog<Canary>.All.Select(c => (c.KindName, c.Id))]);
        Workers = new(meter);
        Campaigns = new(meter, audited);
        _ = new ProcessInstruments(meter);
    }

    public WorkInstruments Work { get; }
    public TrustInstruments Trust { get; }
    public WorkerInstruments Workers { get; }
    public CampaignInstruments Campaigns { get; }

    /// <summary>
    /// A campaign has said what became of a result. What it took is counted as work, once: when it has the result already and an
    /// earlier answer was lost, it was this one that it took.
    /// </summary>
    /// <param name="shard">that the work is of, or whose violation is worked up</param>
    /// <param name="record">of a shard, with <paramref name="finding"/> null; or the other way round; both null when the work failed</param>
    /// <param name="since">the work was begun, and a canary planted with it</param>
    /// <param name="unanswered">the result was sent before, and no answer came</param>
    public void Settled(CampaignPlan plan, Shard shard, WorkKind kind, ShardRecord? record, Finding? finding, ResultFate fate, TimeSpan since, bool unanswered)
    {
        Work.Delivered(fate);
        bool taken = fate == ResultFate.Accepted || fate == ResultFate.Same && unanswered;
        if (taken && finding is not null) Settled(finding);
        if (record is null) return;
        if (kind == WorkKind.Verify)
        {
            if (fate is ResultFate.Accepted or ResultFate.Mismatch) Trust.Verified(same: fate == ResultFate.Accepted);
        }
        else if (taken)
        {
            Work.Accepted(plan.Cells[shard.Cell], record);
            Trust.RanTwice(record);
            // One that should have ridden along and did not is missed.
            if (plan.CanaryOf(shard) is { Canary: var due })
                Trust.Canary(due.KindName, due.Id, record.Canary is { } canary && canary.Id == due.Id && canary.Caught, since.TotalSeconds);
        }
        else if (fate != ResultFate.Refused)
        {
            Trust.KnownAlready(same: fate == ResultFate.Same);
        }
    }

    private void Settled(Finding finding)
    {
        Trust.WorkedUp(finding.Recurred);
        if (finding.Recurred) Work.Accepted(finding);
    }
}
