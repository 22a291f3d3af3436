using System.Globalization;
using System.Net;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Engines;
using StressFarm.Campaigns.Farm;
using StressFarm.Campaigns.Plans;
using StressFarm.Campaigns.Soak;
using StressFarm.Cli.Output;
using StressFarm.Exploration.Soak;

namespace StressFarm.Cli.Farm;

/// <summary>Checks the chains of a farm's soak here: every link, the checkpoints that are kept, and epochs run once more.</summary>
internal sealed class ChainCheck(FarmClient client, FarmLedger ledger, RecordReader records, CancellationToken cancellation)
{
    private readonly Dictionary<int, long> _last = LastLines(ledger);

    private bool Done => ledger.Report is not null;

    /// <summary>Checks.</summary>
    /// <param name="worker">runs epochs once more; null when none are to be</param>
    /// <param name="sample">how many, of those whose checkpoint is kept; null for all, from each section's first one on</param>
    /// <param name="seed">which ones</param>
    public Rerun Run(ICampaignWorker? worker, int? sample, ulong seed)
    {
        var looked = new ChainVerification(0, 0, 0, 0);
        var verifier = new ChainVerifier(ledger.Plan, worker) { Sample = sample, Seed = seed, Growing = !Done, Progress = now => looked = now };
        try
        {
            looked = verifier.Verify(Rows(), Checkpoints(), Heads(), cancellation);
        }
        catch (CampaignFault e)
        {
            return new(looked.Reexecuted, looked.Reexecuted, [e.Message], "the chains do NOT hold", [], looked);
        }
        string summary = string.Create(CultureInfo.InvariantCulture, $"re-executed {Numbers.Of(looked.Reexecuted, "epoch")}: {looked.Reexecuted} same");
        return new(looked.Reexecuted, looked.Reexecuted, [], summary, ChainText.Lines(looked), looked);
    }

    /// <summary>The rows that the ledger had when it was fetched: of one that grows, later ones come in between.</summary>
    private IEnumerable<StoredShard> Rows() =>
        records.Read().Where(r => r.Shard.Number <= _last.GetValueOrDefault(r.Shard.Cell, -1)).Select(r => r.Shard);

    private IEnumerable<(int Cell, Checkpoint Checkpoint)> Checkpoints()
    {
        foreach (PlannedCell cell in ledger.Plan.Cells)
            foreach (long epoch in client.Checkpoints(ledger.Id, cell.Index, cancellation).GetAwaiter().GetResult())
                if (!IsAhead(cell.Index, epoch) && Fetch(cell, epoch) is { } checkpoint) yield return (cell.Index, checkpoint);
    }

    /// <summary>
    /// A farm writes the checkpoint before the row. When a campaign ends between the two, one checkpoint is left ahead; while it
    /// goes on there may be more.
    /// </summary>
    private bool IsAhead(int cell, long epoch)
    {
        long last = _last.GetValueOrDefault(cell, -1);
        return Done ? epoch == last + 1 && ledger.Plan.At(ledger.Plan.IndexOf(cell, epoch)) is not null : epoch > last;
    }

    private Checkpoint? Fetch(PlannedCell cell, long epoch)
    {
        try
        {
            CheckpointBody body = client.Checkpoint(ledger.Id, cell.Index, epoch, cancellation).GetAwaiter().GetResult();
            return new(cell.Section!.Number, epoch, body.State ?? [], body.StateHash, body.Chain);
        }
        catch (FarmRefusal e) when (e.Status == HttpStatusCode.NotFound && !Done)
        {
            // Dropped since it was listed.
            return null;
        }
    }

    private List<(int Cell, long Epochs, string Chain)> Heads() => ledger.Report is not { } report ? []
        : [.. report.Cells.Select((cell, i) => (i, cell.Soak?.Epochs ?? 0, cell.Soak?.Chain ?? "")).Where(head => head.Item2 > 0)];

    private static Dictionary<int, long> LastLines(FarmLedger ledger)
    {
        var last = new Dictionary<int, long>();
        foreach (LedgerLine line in ledger.Lines.Where(ledger.IsPlanned)) last[line.Cell] = Math.Max(line.Number, last.GetValueOrDefault(line.Cell, -1));
        return last;
    }
}
