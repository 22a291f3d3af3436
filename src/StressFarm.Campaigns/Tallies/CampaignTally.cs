using StressFarm.Campaigns.Plans;
using StressFarm.Exploration.Feedback;
using StressFarm.Exploration.Records;

namespace StressFarm.Campaigns.Tallies;

/// <summary>
/// Adds shards up, whatever order they arrive in: only the contiguous prefix counts, so what it says depends on how far the
/// prefix reaches and on nothing else. Not thread safe.
/// </summary>
public sealed class CampaignTally
{
    private readonly CampaignPlan _plan;
    private readonly Dictionary<long, ShardRecord> _ahead = [];
    private readonly CellTally[] _cells;
    private readonly Corpus[] _corpora;

    public CampaignTally(CampaignPlan plan)
    {
        _plan = plan;
        _cells = [.. plan.Cells.Select(_ => new CellTally())];
        _corpora = plan.Spec.HasGenerations ? [.. plan.Cells.Select(_ => new Corpus(plan.Spec.GenerationShards))] : [];
    }

    public CampaignPlan Plan => _plan;
    /// <summary>Shards that count.</summary>
    public long Prefix { get; private set; }
    /// <summary>Shards that are done but wait for one before them.</summary>
    public int Ahead => _ahead.Count;
    /// <summary>Cells whose last shard is done; none while nobody knows which one that is.</summary>
    public int CellsDone { get; private set; }
    /// <summary>Hash of the shard digests in shard order.</summary>
    public ulong Digest { get; private set; }
    public long Schedules { get; private set; }
    public long Steps { get; private set; }
    public IReadOnlyList<CellTally> Cells => _cells;
    /// <summary>Where programmes are searched: what that came to in all cells; null otherwise.</summary>
    public SearchCounts? Search => _plan.Spec.Exhaust is null ? null
        : _cells.Aggregate(SearchCounts.None, (sum, cell) => cell.Search is { } own ? sum.With(own) : sum);
    /// <summary>The canaries that rode along with the shards that count.</summary>
    public CanaryTally Canaries { get; } = new();

    /// <summary>Every shard the spec asks for has been folded.</summary>
    public bool Complete => _plan.Spec.Steps is { } steps ? Steps >= steps || _plan.At(Prefix) is null : _plan.At(Prefix) is null;

    /// <summary>The share of the schedules or steps asked for, 0 to 1; 0 when only time decides.</summary>
    public double Share
    {
        get
        {
            double share = _plan.ShardCount is { } count && count > 0 ? (double)(Prefix + Ahead) / count : 0;
            if (_plan.Spec.Steps is { } steps) share = Math.Max(share, (double)Steps / steps);
            return Math.Min(1, share);
        }
    }

    /// <summary>The shard is done, folded or waiting.</summary>
    public bool Has(long index) => index < Prefix || _ahead.ContainsKey(index);

    /// <summary>What the folded shards of a cell have taught; null unless the strategy is feedback.</summary>
    public Corpus? CorpusOf(int cell) => _corpora.Length > 0 ? _corpora[cell] : null;

    /// <summary>What the generation of this seed knows. Null unless the strategy is feedback, and when it is not known any more (<see cref="Corpus.InputFor"/>).</summary>
    public GenerationInput? InputOf(int cell, ulong seed) => CorpusOf(cell)?.InputFor(_plan.GenerationOf(seed));

    /// <summary>Takes a shard's record; one it knows already is ignored.</summary>
    public void Add(long index, ShardRecord record)
    {
        if (Has(index)) return;
        _ahead.Add(index, record);
        if (_plan.ShardsPerCell is { } shards && index / _cells.Length == shards - 1) CellsDone++;
        while (!Complete && _ahead.Remove(Prefix, out ShardRecord? next)) Fold(next);
    }

    private void Fold(ShardRecord record)
    {
        Digest = Pcg.Mix(Digest ^ record.Digest);
        Schedules += record.Schedules;
        Steps += record.Steps;
        int cell = _plan.CellAt(Prefix);
        _cells[cell].Fold(record);
        CorpusOf(cell)?.Fold(record);
        if (Prefix % CampaignPlan.CanaryEvery == 0 && _plan.At(Prefix) is { } shard && _plan.CanaryOf(shard) is { } order) Canaries.Fold(order, record.Canary);
        Prefix++;
    }
}
