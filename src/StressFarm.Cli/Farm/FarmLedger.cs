using System.Globalization;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Farm;
using StressFarm.Campaigns.Plans;
using StressFarm.Campaigns.Reports;
using StressFarm.Campaigns.Specs;

namespace StressFarm.Cli.Farm;

/// <summary>A campaign's ledger as the farm gave it, whole, with what it is to be held against.</summary>
/// <param name="Lines">in the order they came</param>
/// <param name="Report">null until the campaign is done</param>
internal sealed record FarmLedger(string Id, CampaignOrder Order, CampaignPlan Plan, IReadOnlyList<LedgerLine> Lines, CampaignReport? Report)
{
    private const int PageLines = 1000;

    /// <summary>Fetches it.</summary>
    /// <exception cref="CampaignFault">this build cannot check it</exception>
    public static async Task<FarmLedger> Fetch(FarmClient client, string id, CancellationToken cancellation)
    {
        CampaignOrder order = SpecBuilder.Build(SpecFile.Parse(await client.Spec(id, cancellation), id), FarmDefaults.Spec);
        if (CampaignEntry.IdOf(order.Spec) is var own && own != id)
            throw new CampaignFault($"this build understands the campaign {id} as {own}: it was run under another model version, and only that can run it again");
        CampaignStatus status = await client.Status(id, cancellation);
        CampaignReport? report = FarmWatcher.StateOf(status) == CampaignState.Done ? ReportReader.Read(await client.Report(id, cancellation), order.Spec) : null;
        var lines = new List<LedgerLine>();
        for (long? from = 0; from is { } first;)
        {
            LedgerPage page = await client.Ledger(id, first, PageLines, cancellation);
            lines.AddRange(page.Lines);
            if (page.Next <= first) throw new CampaignFault(string.Create(CultureInfo.InvariantCulture, $"the farm's ledger of {id} goes round in circles at {first}"));
            from = page.Next;
        }
        return new(id, order, new CampaignPlan(order.Spec), lines, report);
    }

    /// <summary>The line is of a shard as the plan has it.</summary>
    public bool IsPlanned(LedgerLine line) => Plan.At(line.Index) is { } shard
        && (shard.Cell, shard.Number, shard.FirstSeed, shard.Count) == (line.Cell, line.Number, line.FirstSeed, line.Count);
}
