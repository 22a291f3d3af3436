using StressFarm.Exploration;
using StressFarm.Simulation;

namespace StressFarm.Campaigns.Metrics;

/// <summary>What an embedded run and a silo both measure.</summary>
public sealed class RunInstruments
{
    /// <param name="audited">ledgers are read line by line before a campaign ends, as a farm does</param>
    public RunInstruments(FarmMeter meter, TimeProvider clock, bool audited)
    {
        var overflows = new LabelOverflows(meter);
        Work = new(meter, overflows, clock);
        Trust = new(meter, overflows, clock, Canaries());
        Workers = new(meter);
        Campaigns = new(meter, audited);
        _ = new ProcessInstruments(meter);
    }

    public WorkInstruments Work { get; }
    public TrustInstruments Trust { get; }
    public WorkerInstruments Workers { get; }
    public CampaignInstruments Campaigns { get; }

    private static IReadOnlyList<(string Kind, string Id)> Canaries() => [.. Catalog<Canary>.All.Select(c => (c.KindName, c.Id))];
}
