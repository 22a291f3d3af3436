using StressFarm.Exploration.Records;

namespace StressFarm.Exploration.Feedback;

/// <summary>
/// What the shards of one cell have taught, folded in the order of their numbers: species seen, schedules worth changing, and
/// what each arm brings. Gives the input of a generation; the same whoever ran the shards and whenever they arrived.
/// </summary>
/// <param name="generationShards">shards of the cell that make a generation</param>
public sealed class Corpus(int generationShards)
{
    /// <summary>What a signature that the cell had not violated before is worth, in new species.</summary>
    private const long SignatureWorth = 16;
    /// <summary>Generations whose input is kept after they ended: for whoever runs a shard of theirs once more to compare.</summary>
    public const int KeptGenerations = 16;

    private readonly byte[] _coverage = new byte[Timelines.MapBytes];
    private readonly Queue<Parent> _parents = new();
    private readonly SortedDictionary<string, ArmRate> _rates = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _species = new(StringComparer.Ordinal);
    private readonly HashSet<string> _signatures = new(StringComparer.Ordinal);
    private readonly SortedDictionary<long, GenerationInput> _inputs = [];
    private readonly HashSet<long> _kept = [];
    private long _shards;

    /// <summary>The generation that the shard of this number belongs to.</summary>
    public static long GenerationOf(long number, int generationShards) => number / generationShards;

    /// <summary>Generations, the first ones, all of whose shards have been folded.</summary>
    public long Generations => _shards / generationShards;
    /// <summary>Species seen so far.</summary>
    public int Species { get; private set; }
    /// <summary>Of these, how many each arm showed first.</summary>
    public IReadOnlyDictionary<string, long> SpeciesByArm => _species;
    public IReadOnlyCollection<Parent> Parents => _parents;

    /// <summary>Takes the record of the next shard.</summary>
    public void Fold(ShardRecord record)
    {
        long generation = GenerationOf(_shards, generationShards);
        ShardFeedback feedback = record.Feedback ?? new([], []);
        foreach (ParentCandidate candidate in feedback.Candidates)
            if (PlaceCode.Decode(candidate.Species).Any(place => !Seen(place))) Keep(candidate.Parent);
        foreach (ArmCount arm in record.Arms) Credit(arm.Strategy, 0, arm.Steps);
        foreach (ArmYield arm in feedback.Arms) Credit(arm);
        // Whoever works the first occurrence of a violation up needs to know what its generation knew.
        foreach (RawFinding raw in record.Findings)
            if (_signatures.Add(raw.Key)) _kept.Add(generation);
        _shards++;
        if (_shards % generationShards == 0) EndGeneration(generation);
    }

    /// <summary>
    /// What a generation knows. Null before the generation two before it is folded whole; and again when it ended
    /// <see cref="KeptGenerations"/> ago, unless something was violated in it for the first time.
    /// </summary>
    public GenerationInput? InputFor(long generation) =>
        generation < 2 ? GenerationInput.Empty(generation) : _inputs.GetValueOrDefault(generation);

    private bool Seen(int place) => (_coverage[place >> 3] >> (place & 7) & 1) != 0;

    private void Keep(Parent parent)
    {
        _parents.Enqueue(parent);
        if (_parents.Count > GenerationInput.MostParents) _parents.Dequeue();
    }

    private void Credit(ArmYield arm)
    {
        long fresh = 0;
        foreach (ushort place in PlaceCode.Decode(arm.Species))
        {
            if (Seen(place)) continue;
            _coverage[place >> 3] |= (byte)(1 << (place & 7));
            fresh++;
        }
        Species += (int)fresh;
        _species[arm.Strategy] = _species.GetValueOrDefault(arm.Strategy) + fresh;
        Credit(arm.Strategy, fresh + SignatureWorth * arm.Signatures.Count(key => !_signatures.Contains(key)), 0);
    }

    private void Credit(string arm, long points, long steps)
    {
        ArmRate rate = _rates.GetValueOrDefault(arm);
        _rates[arm] = new(rate.Points + points, rate.Steps + steps);
    }

    private void EndGeneration(long generation)
    {
        _inputs[generation + 2] = new(generation + 2, [.. _coverage], [.. _parents], ArmWeights.Of(_rates));
        foreach (long old in _inputs.Keys.TakeWhile(g => g <= generation - KeptGenerations).Where(g => !_kept.Contains(g)).ToList()) _inputs.Remove(old);
        // What an arm brought long ago says little about what it will bring: each generation counts half of the one after it.
        foreach (string arm in _rates.Keys.ToList()) _rates[arm] = new(_rates[arm].Points / 2, _rates[arm].Steps / 2);
    }
}
