using System.Globalization;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Farm;

namespace StressFarm.Cli.Farm;

/// <summary>The records behind a farm's ledger, page by page, each held against its line.</summary>
internal sealed class RecordReader(FarmClient client, FarmLedger ledger, CancellationToken cancellation)
{
    private const int PageRecords = 200;

    /// <summary>Every record, in the campaign's order. Of a campaign that goes on there may be more than lines.</summary>
    /// <exception cref="CampaignFault">one is not that of its line, or is missing</exception>
    public IEnumerable<RecordLine> Read()
    {
        var lines = new Queue<LedgerLine>(ledger.Lines.DistinctBy(l => l.Index).OrderBy(l => l.Index));
        long last = -1;
        for (long? from = 0; from is { } first;)
        {
            RecordPage page = client.Records(ledger.Id, first, PageRecords, cancellation).GetAwaiter().GetResult();
            foreach (RecordLine record in page.Records)
            {
                if (record.Index <= last) throw Fault(record.Index, "its record is out of the campaign's order");
                last = record.Index;
                if (lines.TryPeek(out LedgerLine? line) && line.Index < last) throw Missing(line);
                Check(record, line?.Index == last ? lines.Dequeue() : null);
                yield return record;
            }
            if (page.Next <= first) throw Fault(first, "the farm's records go round in circles there");
            from = page.Next;
        }
        if (lines.TryPeek(out LedgerLine? left)) throw Missing(left);
    }

    private void Check(RecordLine line, LedgerLine? known)
    {
        if (line.Shard.Record is not { Arms: not null, Findings: not null } record) throw Fault(line.Index, "its record is none");
        if (ledger.Plan.At(line.Index) is not { } shard || (shard.Cell, shard.Number) != (line.Shard.Cell, line.Shard.Number))
            throw Fault(line.Index, "its record is of no shard of this campaign");
        if (known is null && ledger.Report is not null) throw Fault(line.Index, "its record is there, and the ledger does not have it");
        if (known is not null && (record.Digest, record.Schedules, record.Steps) != (known.Digest, known.Schedules, known.Steps))
            throw Fault(line.Index, "its record is not what its line of the ledger says");
    }

    private static CampaignFault Missing(LedgerLine line) => Fault(line.Index, "it is in the ledger, and its record is missing");

    private static CampaignFault Fault(long index, string what) => new(string.Create(CultureInfo.InvariantCulture, $"shard {index}: {what}"));
}
