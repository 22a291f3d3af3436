using System.Text.Json;

namespace StressFarm.Campaigns.Tests;

/// <summary>
/// An engine whose shards are a pure function of (cell, seed) and cost nothing: every seed has a digest, some steps, and
/// sometimes a violation.
/// </summary>
internal sealed class FakeEngine : ICampaignEngine
{
    private int _runs, _workups;

    /// <summary>One schedule in this many violates; 0 for none.</summary>
    public ulong ViolateEvery { get; init; } = 37;
    /// <summary>One schedule in this many is cut short; 0 for none.</summary>
    public ulong CutEvery { get; init; } = 53;
    /// <summary>Changes every digest: another machine with a defect.</summary>
    public ulong Salt { get; init; }
    /// <summary>Schedules of each shard that gave another digest when run again.</summary>
    public long Mismatches { get; init; }
    /// <summary>Work-up finds that the violation does not recur.</summary>
    public bool LoseFindings { get; init; }
    /// <summary>Canaries that are not noticed, by id.</summary>
    public HashSet<string> BlindTo { get; init; } = [];
    /// <summary>The seed at which the model throws.</summary>
    public ulong? ThrowAt { get; init; }
    /// <summary>Called after each shard with how many were run, before it is handed in.</summary>
    public Action<int>? AfterShard { get; init; }

    public int Runs => _runs;
    public int Workups => _workups;
    public ICampaignWorker CreateWorker() => new Worker(this);

    private sealed class Worker(FakeEngine engine) : ICampaignWorker
    {
        public ShardRecord Run(Cell cell, ulong firstSeed, int count, GenerationInput? input, CancellationToken cancellation)
        {
            cancellation.ThrowIfCancellationRequested();
            ulong digest = engine.Salt ^ (input is null ? 0 : HashOf(JsonSerializer.Serialize(input))), salt = HashOf(cell.Key);
            long steps = 0, violated = 0, cut = 0;
            var findings = new SortedDictionary<string, RawFinding>(StringComparer.Ordinal);
            for (ulong seed = firstSeed; seed < firstSeed + (ulong)count; seed++)
            {
                if (seed == engine.ThrowAt) throw new ModelDefectException(cell, seed, new InvalidOperationException("a planted\ndefect"));
                ulong h = Pcg.Mix(seed ^ salt);
                digest = Pcg.Mix(digest ^ h);
                steps += (long)(h % 100);
                if (engine.CutEvery > 0 && h % engine.CutEvery == 1) cut++;
                if (engine.ViolateEvery == 0 || h % engine.ViolateEvery != 0) continue;
                violated++;
                var raw = new RawFinding($"I0{h % 3 + 1}", "_refcount", "op", "other", seed, 1);
                findings[raw.Key] = findings.TryGetValue(raw.Key, out RawFinding? known) ? known with { Count = known.Count + 1 } : raw;
            }
            int runs = Interlocked.Increment(ref engine._runs);
            engine.AfterShard?.Invoke(runs);
            cancellation.ThrowIfCancellationRequested();
            return new(digest, count, steps, [new("random", count, steps, violated, cut)], [.. findings.Values], 1, engine.Mismatches)
            {
                Feedback = input is null ? null : Learnt(digest, firstSeed),
            };
        }

        public CanaryRecord RunCanary(CanaryOrder order, CancellationToken cancellation)
        {
            bool caught = order.Planted && !engine.BlindTo.Contains(order.Canary.Id);
            int schedules = caught ? (int)(order.FirstSeed % 5) + 1 : CanaryRunner.MostSchedules;
            return new(order.Canary.Id, order.Canary.KindName, schedules, schedules * 10, caught ? schedules : null, false);
        }

        public Finding WorkUp(Cell cell, RawFinding raw, GenerationInput? input, CancellationToken cancellation)
        {
            Interlocked.Increment(ref engine._workups);
            string signature = $"{raw.Invariant} {raw.Field} {raw.Operation}×{raw.Other}";
            return new($"F-{HashOf(signature) % 0xffffff:x6}", signature, raw.Invariant, "Corruption", raw.Field, raw.Operation, raw.Other, "", "x",
                cell.Workload.Id, cell.StrategyId, raw.LowestSeed, 3, 1, 10, "It broke.", null, ["CPU0"], ["_refcount"],
                engine.LoseFindings ? "" : $"T{raw.LowestSeed}");
        }

        public (ShardRecord Record, Checkpoint Next) RunEpoch(SoakSection section, long epoch, Checkpoint? before, CancellationToken cancellation)
        {
            if ((before?.Epoch ?? -1) != epoch - 1) throw new InvalidOperationException("not the checkpoint before");
            ShardRecord record = Run(section.Cell, section.FirstSeedOf(epoch), section.Schedules, null, cancellation);
            var place = new SoakPlace(section.Number, epoch);
            record = record with { Findings = [.. record.Findings.Select(f => f with { Soak = place })] };
            // The memory: a function of the one before and of what was run.
            byte[] state = [.. before is null ? [] : StateBytes.Expand(before.State).TakeLast(64), .. BitConverter.GetBytes(record.Digest)];
            string hash = StateBytes.Hash(state), chain = SoakChain.Link(before?.Chain ?? SoakChain.Root, section, epoch, record, hash);
            return (record with { Link = new(chain, hash) }, new(section.Number, epoch, StateBytes.Compress(state), hash, chain));
        }

        public Finding WorkUp(SoakSection section, RawFinding raw, Checkpoint? before, CancellationToken cancellation) =>
            (before?.Epoch ?? -1) == raw.Soak!.Epoch - 1 ? WorkUp(section.Cell, raw, null, cancellation) with { History = raw.Soak }
                : throw new InvalidOperationException("not the checkpoint before");

        /// <summary>Something that later generations' digests depend on.</summary>
        private static ShardFeedback Learnt(ulong digest, ulong seed)
        {
            byte[] species = PlaceCode.Encode([(ushort)digest, (ushort)(digest >> 16)]);
            return new([new("random", species, [])], [new(new(seed, "random", seed, [(byte)digest]), species)]);
        }

        private static ulong HashOf(string text) => text.Aggregate(1UL, (h, c) => Pcg.Mix(h ^ c));
    }
}

/// <summary>A clock that moves only when told to.</summary>
internal sealed class HandClock : TimeProvider
{
    private long _ticks;
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;
    public override long GetTimestamp() => Interlocked.Read(ref _ticks);
    public void Advance(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);
}

/// <summary>A store in memory with the ledger's rules.</summary>
internal sealed class MemoryStore : ICampaignStore
{
    private readonly SortedDictionary<(long Number, int Cell), ShardRecord> _shards = [];
    private readonly Dictionary<(int, string, ulong), Finding> _workups = [];

    public IEnumerable<StoredShard> Shards() => [.. _shards.Select(s => new StoredShard(s.Key.Cell, s.Key.Number, s.Value))];

    public Recorded Record(int cell, long number, ShardRecord record) =>
        _shards.TryAdd((number, cell), record) ? Recorded.Added
        : _shards[(number, cell)].Digest == record.Digest ? Recorded.Same : Recorded.Mismatch;

    private readonly SortedDictionary<(int Cell, long Epoch), (Checkpoint Checkpoint, bool Pinned)> _checkpoints = [];

    public IEnumerable<(int Cell, Checkpoint Checkpoint)> Checkpoints() => [.. _checkpoints.Select(c => (c.Key.Cell, c.Value.Checkpoint))];

    public Recorded RecordEpoch(int cell, ShardRecord record, Checkpoint checkpoint, bool pinBefore)
    {
        Recorded recorded = Record(cell, checkpoint.Epoch, record);
        if (recorded != Recorded.Added) return recorded;
        if (pinBefore && _checkpoints.TryGetValue((cell, checkpoint.Epoch - 1), out var before)) _checkpoints[(cell, checkpoint.Epoch - 1)] = (before.Checkpoint, true);
        _checkpoints[(cell, checkpoint.Epoch)] = (checkpoint, false);
        foreach (var (key, value) in _checkpoints.Where(c => c.Key.Cell == cell).ToArray())
            if (!CheckpointRetention.Keeps(key.Epoch, checkpoint.Epoch, value.Pinned)) _checkpoints.Remove(key);
        return recorded;
    }

    public Checkpoint? FindCheckpoint(int cell, long epoch) =>
        _checkpoints.Where(c => c.Key.Cell == cell && c.Key.Epoch <= epoch).Select(c => c.Value.Checkpoint).LastOrDefault();

    public Finding? FindWorkup(int cell, RawFinding raw) => _workups.GetValueOrDefault((cell, raw.Key, raw.LowestSeed));
    public void RecordWorkup(int cell, RawFinding raw, Finding finding) => _workups.TryAdd((cell, raw.Key, raw.LowestSeed), finding);
}

/// <summary>Small campaigns.</summary>
internal static class Specs
{
    public static CampaignSpec Small(long? schedules = 100, long? steps = null, int shard = 8, ulong seed = 5) => new()
    {
        Policies = [PolicyChoice.Of(Presets.Find("control")!.Policy), PolicyChoice.Of(Presets.Find("rfc-v1")!.Policy), PolicyChoice.Of(Presets.Find("no-reinit")!.Policy)],
        Workloads = [.. Catalog<Workload>.All.Take(2)],
        Schedules = schedules,
        Steps = steps,
        FirstSeed = seed,
        ShardSchedules = shard,
    };

    /// <summary>A soak of two policies and two workloads.</summary>
    public static CampaignSpec Soak(long? epochs = 6, int sections = 3, int schedules = 8, ulong seed = 5) =>
        Small(schedules: null, seed: seed) with { Policies = [.. Small().Policies.Take(2)], Soak = new(sections, epochs, schedules) };

    /// <summary>
    /// Interrupts a run after so many shards. Whoever does one more meanwhile waits for it, so that how many are recorded does not hang on who is slow.
    /// </summary>
    public static void CancelAt(int shards, int run, CancellationTokenSource interrupt)
    {
        if (run == shards) interrupt.Cancel();
        else if (run > shards) interrupt.Token.WaitHandle.WaitOne();
    }

    /// <summary>Runs it to its end.</summary>
    public static CampaignOutcome Run(
        CampaignSpec spec, ICampaignStore store, FakeEngine engine, int workers = 1, TimeSpan? budget = null, TimeProvider? clock = null,
        CancellationToken interrupt = default) =>
        new CampaignRunner(new CampaignPlan(spec), store, engine, clock ?? TimeProvider.System).Run(workers, budget, interrupt);

    public static string ReportOf(CampaignOutcome outcome) => ReportWriter.CanonicalText(outcome.Report!);
}
