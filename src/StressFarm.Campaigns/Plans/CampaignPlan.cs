using StressFarm.Campaigns.Specs;
using StressFarm.Exploration;
using StressFarm.Exploration.Canaries;
using StressFarm.Exploration.Feedback;
using StressFarm.Exploration.Soak;

namespace StressFarm.Campaigns.Plans;

/// <summary>A cell in its place in the campaign.</summary>
public sealed record PlannedCell(int Index, PolicyChoice Policy, Workload Workload, Cell Cell)
{
    /// <summary>The section of a soak that this cell is; null in an ordinary campaign.</summary>
    public SoakSection? Section { get; init; }
}

/// <summary>A contiguous block of seeds of one cell; of a soak, an epoch; where programmes are searched, places of those.</summary>
/// <param name="Index">place in the campaign's order</param>
/// <param name="Number">place among the shards of its cell</param>
public readonly record struct Shard(long Index, int Cell, long Number, ulong FirstSeed, int Count);

/// <summary>
/// Cells and shards of a campaign: a pure function of its spec. Shards go round the cells, first block of every cell, then the
/// second, so that any contiguous prefix treats all cells alike.
/// </summary>
public sealed class CampaignPlan
{
    /// <summary>One shard in so many, in the campaign's order, has a canary ride along; the first one does.</summary>
    public const int CanaryEvery = 8;

    /// <summary>Where cells have different numbers of shards; null otherwise.</summary>
    private readonly SearchOrder? _searches;

    public CampaignPlan(CampaignSpec spec)
    {
        Spec = spec;
        var cells = new List<PlannedCell>();
        foreach (PolicyChoice policy in spec.Policies)
            foreach (Workload workload in spec.Workloads)
            {
                Cell cell = CellOf(spec, policy.Policy, workload);
                if (spec.Soak is null) cells.Add(new(cells.Count, policy, workload, cell));
                for (int section = 0; section < spec.Soak?.Sections; section++)
                    cells.Add(new(cells.Count, policy, workload, cell) { Section = SoakSection.Of(cell, section, spec.FirstSeed, spec.Soak.Schedules) });
            }
        Cells = cells;
        if (spec.Exhaust is not null) _searches = new SearchOrder(cells, spec.ShardSchedules);
        ShardsPerCell = spec.Soak is { } soak ? soak.Epochs
            : spec.Schedules is { } n ? (n + spec.ShardSchedules - 1) / spec.ShardSchedules : null;
    }

    public CampaignSpec Spec { get; }
    public IReadOnlyList<PlannedCell> Cells { get; }
    /// <summary>Null when steps or time decide how many there are, and where cells differ in that.</summary>
    public long? ShardsPerCell { get; }
    public long? ShardCount => _searches?.Count ?? ShardsPerCell * Cells.Count;

    /// <summary>The shard in this place of the order; null behind the last one, or where seeds end.</summary>
    public Shard? At(long index)
    {
        if (index < 0 || index >= ShardCount) return null;
        if (_searches is not null) return _searches.At(index);
        int cell = (int)(index % Cells.Count);
        long number = index / Cells.Count;
        if (Cells[cell].Section is { } section)
            return (ulong)number < SoakSection.Seeds / (ulong)section.Schedules ? new Shard(index, cell, number, section.FirstSeedOf(number), section.Schedules) : null;
        ulong offset = (ulong)number * (ulong)Spec.ShardSchedules;
        if (Spec.FirstSeed > ulong.MaxValue - offset - (ulong)Spec.ShardSchedules) return null;
        int count = Spec.Schedules is { } n ? (int)Math.Min(Spec.ShardSchedules, n - (long)offset) : Spec.ShardSchedules;
        return new Shard(index, cell, number, Spec.FirstSeed + offset, count);
    }

    /// <summary>Schedules or programmes asked for of a cell; null when steps or time decide.</summary>
    public long? AskedOf(PlannedCell cell) => cell.Cell.Search?.Count ?? (Spec.Soak is { } soak ? soak.Epochs * soak.Schedules : Spec.Schedules);

    /// <summary>The canary that rides along with a shard, or null.</summary>
    public CanaryOrder? CanaryOf(Shard shard) =>
        shard.Index >= 0 && shard.Index % CanaryEvery == 0 ? CanaryOrder.Of(Spec.FirstSeed, shard.Index / CanaryEvery, planted: !Spec.CanaryDrill) : null;

    /// <summary>The generation of the shard of this number.</summary>
    public long GenerationOf(long number) => Corpus.GenerationOf(number, Spec.GenerationShards);

    /// <summary>The generation of this seed; 0 where there are none.</summary>
    public long GenerationOf(ulong seed) =>
        Spec.HasGenerations ? GenerationOf((long)((seed - Spec.FirstSeed) / (ulong)Spec.ShardSchedules)) : 0;

    /// <summary>The shard that a line of a ledger is of; null when it is none of this campaign, or has another count.</summary>
    public Shard? ShardOf(StoredShard line) =>
        line.Cell >= 0 && line.Cell < Cells.Count && line.Number >= 0
        && At(IndexOf(line.Cell, line.Number)) is { } shard && shard.Count == line.Record.Schedules ? shard : null;

    public long IndexOf(int cell, long number) => _searches?.IndexOf(cell, number) ?? number * Cells.Count + cell;

    /// <summary>The cell whose shard is in this place.</summary>
    public int CellAt(long index) => _searches?.At(index)?.Cell ?? (int)(index % Cells.Count);

    private static Cell CellOf(CampaignSpec spec, Policy policy, Workload workload) => spec.Exhaust is { } exhaust
        ? new Cell(policy, workload, spec.Strategy, ExhaustBudget.GeometryOf(workload), spec.Parameters) { Search = exhaust.TermsOf(workload) }
        : new Cell(policy, workload, spec.Strategy, spec.Geometry, spec.Parameters);
}
