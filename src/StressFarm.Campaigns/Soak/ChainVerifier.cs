using System.Globalization;
using StressFarm.Campaigns.Engines;
using StressFarm.Campaigns.Plans;
using StressFarm.Exploration.Records;
using StressFarm.Exploration.Soak;

namespace StressFarm.Campaigns.Soak;

/// <summary>What a verification looked at.</summary>
/// <param name="Reexecuted">epochs that were run once more</param>
public sealed record ChainVerification(int Sections, long Epochs, int Checkpoints, long Reexecuted);

/// <summary>
/// Re-checks the chains of a soak: that each row of the ledger gives its link and each link follows from the one before, that the
/// checkpoints are the chain's, and that epochs, run once more, come to the same. The first thing that does not fit ends it.
/// </summary>
/// <param name="worker">runs epochs once more; null when none are to be</param>
public sealed class ChainVerifier(CampaignPlan plan, ICampaignWorker? worker)
{
    private sealed class Section
    {
        public long Next;
        public string Chain = SoakChain.Root;
        public Checkpoint? At;
        public SortedDictionary<long, Checkpoint> Checkpoints { get; } = [];
    }

    private readonly Dictionary<int, Section> _sections = [];
    private HashSet<(int Cell, long Epoch)>? _sample;
    private long _epochs, _reexecuted;

    /// <summary>The section whose chain is looked at; null for all.</summary>
    public int? Only { get; init; }
    /// <summary>Epochs to run once more, of those whose checkpoint was kept; null for all there are.</summary>
    public int? Sample { get; init; }
    /// <summary>Which epochs are the sample: the same seed takes the same ones.</summary>
    public ulong Seed { get; init; }
    /// <summary>The soak goes on while it is looked at: the checkpoint after its last row may have been replaced by a later one.</summary>
    public bool Growing { get; init; }
    /// <summary>Told of every row looked at.</summary>
    public Action<ChainVerification>? Progress { get; init; }

    /// <summary>Looks at everything.</summary>
    /// <param name="rows">in the campaign's order</param>
    /// <param name="heads">heads that somebody else noted, by cell: how many epochs, and the chain after them</param>
    /// <exception cref="CampaignFault">one line that names what does not fit</exception>
    public ChainVerification Verify(
        IEnumerable<StoredShard> rows, IEnumerable<(int Cell, Checkpoint Checkpoint)> checkpoints,
        IReadOnlyList<(int Cell, long Epochs, string Chain)> heads, CancellationToken cancellation = default)
    {
        foreach (PlannedCell cell in plan.Cells)
            if (cell.Section is { } section && (Only is null || section.Number == Only)) _sections[cell.Index] = new();
        foreach (var (cell, checkpoint) in checkpoints) Take(cell, checkpoint);
        if (worker is not null && Sample is { } size) _sample = Choose(size);
        ILookup<(int, long), string> noted = heads.ToLookup(h => (h.Cell, h.Epochs - 1), h => h.Chain);
        foreach (StoredShard row in rows)
        {
            cancellation.ThrowIfCancellationRequested();
            if (row.Cell < 0 || row.Cell >= plan.Cells.Count) throw new CampaignFault($"a row is of cell {row.Cell}, which the campaign does not have");
            if (!_sections.TryGetValue(row.Cell, out Section? section)) continue;
            Check(row, section, cancellation);
            if (noted[(row.Cell, row.Number)].Any(chain => chain != section.Chain)) throw Fault(row.Cell, row.Number, "its link is not the one that the report names");
            Progress?.Invoke(Result());
        }
        foreach (var (cell, section) in _sections) CheckEnd(cell, section);
        foreach (var (cell, epochs, _) in heads)
            if (_sections.TryGetValue(cell, out Section? section) && section.Next < epochs) throw Fault(cell, section.Next, "it is missing, and the report counts it");
        return Result();
    }

    private ChainVerification Result() => new(_sections.Count, _epochs, _sections.Values.Sum(s => s.Checkpoints.Count), _reexecuted);

    /// <summary>A checkpoint: its bytes must have its hash. Whether it is the chain's is seen at its epoch's row.</summary>
    private void Take(int cell, Checkpoint checkpoint)
    {
        if (cell < 0 || cell >= plan.Cells.Count) throw new CampaignFault($"a checkpoint is of cell {cell}, which the campaign does not have");
        if (!_sections.TryGetValue(cell, out Section? section)) return;
        try
        {
            if (StateBytes.Hash(StateBytes.Expand(checkpoint.State)) != checkpoint.StateHash) throw Fault(cell, checkpoint.Epoch, "the state of its checkpoint does not have the hash that it should have");
        }
        catch (StateException e)
        {
            throw Fault(cell, checkpoint.Epoch, $"the state of its checkpoint is damaged: {e.Message}");
        }
        section.Checkpoints[checkpoint.Epoch] = checkpoint;
    }

    private void Check(StoredShard row, Section section, CancellationToken cancellation)
    {
        if (row.Number != section.Next) throw Fault(row.Cell, section.Next, "it is missing");
        PlannedCell cell = plan.Cells[row.Cell];
        if (plan.ShardOf(row) is null || row.Record.Link is not { } link)
            throw Fault(row.Cell, row.Number, "its row is not one of this campaign");
        if (SoakChain.Link(section.Chain, cell.Section!, row.Number, row.Record, link.StateHash) != link.Chain)
            throw Fault(row.Cell, row.Number, "its link does not follow from its row and the link before it: a row was changed, or epochs changed places");
        if (section.Checkpoints.TryGetValue(row.Number, out Checkpoint? after) && (after.StateHash, after.Chain, after.Section) != (link.StateHash, link.Chain, cell.Section!.Number))
            throw Fault(row.Cell, row.Number, "its checkpoint is not the chain's");
        if (worker is not null) Reexecute(row, section, cancellation);
        section.Chain = link.Chain;
        section.Next++;
        _epochs++;
    }

    /// <summary>Runs an epoch once more: from what the one before came to when all are run, from its checkpoint otherwise.</summary>
    private void Reexecute(StoredShard row, Section section, CancellationToken cancellation)
    {
        if (_sample is not null && !_sample.Contains((row.Cell, row.Number))) return;
        Checkpoint? before = _sample is null ? section.At : section.Checkpoints.GetValueOrDefault(row.Number - 1);
        try
        {
            (ShardRecord record, Checkpoint next) = worker!.RunEpoch(plan.Cells[row.Cell].Section!, row.Number, before, cancellation);
            if (record.Link != row.Record.Link)
                throw Fault(row.Cell, row.Number, next.StateHash != row.Record.Link!.StateHash ? "run once more it leaves another memory" : "run once more it gives another record");
            if (plan.CanaryOf(plan.ShardOf(row)!.Value) is { } order && worker.RunCanary(order, cancellation) != row.Record.Canary)
                throw Fault(row.Cell, row.Number, "run once more its canary gives another record");
            section.At = next;
        }
        catch (StateException e)
        {
            throw Fault(row.Cell, row.Number, $"the checkpoint before it cannot be used: {e.Message}");
        }
        _reexecuted++;
    }

    private void CheckEnd(int cell, Section section)
    {
        if (!Growing && section.Next > 0 && !section.Checkpoints.ContainsKey(section.Next - 1)) throw Fault(cell, section.Next - 1, "its checkpoint is missing");
        if (section.Checkpoints.Keys.LastOrDefault(-1) >= section.Next) throw Fault(cell, section.Next, "it is missing, and a checkpoint after it is there");
    }

    /// <summary>Epochs that can be run from what is kept, the same choice whenever the ledger is the same.</summary>
    private HashSet<(int Cell, long Epoch)> Choose(int size)
    {
        IEnumerable<(int Cell, long Epoch)> possible = _sections.SelectMany(s => s.Value.Checkpoints.Keys.Select(epoch => (s.Key, epoch + 1)).Prepend((s.Key, 0L)))
            .Where(e => _sections[e.Item1].Checkpoints.Keys.LastOrDefault(-1) >= e.Item2);
        return [.. possible.OrderBy(e => Pcg.Mix((ulong)e.Epoch ^ Pcg.Mix((ulong)e.Cell ^ Seed << 32))).Take(size)];
    }

    private CampaignFault Fault(int cell, long epoch, string what)
    {
        PlannedCell c = plan.Cells[cell];
        return new(string.Create(CultureInfo.InvariantCulture, $"{c.Policy.Name} x {c.Workload.Id}, section {c.Section?.Number}, epoch {epoch}: {what}"));
    }
}
