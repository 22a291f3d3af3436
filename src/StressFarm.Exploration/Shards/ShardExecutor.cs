using StressFarm.Exploration.Feedback;
using StressFarm.Exploration.Records;
using StressFarm.Exploration.Schedules;
using StressFarm.Exploration.Strategies;

namespace StressFarm.Exploration.Shards;

/// <summary>
/// Runs blocks of seeds of any cell of one geometry. One per worker: it owns a machine and is not thread safe.
/// </summary>
public sealed class ShardExecutor(Geometry geometry)
{
    /// <summary>Every Nth seed is run twice and must give the same digest; a prime, so that it meets every arm and audit.</summary>
    public const int DeterminismCheckEvery = 97;

    private readonly ScheduleRunner _runner = new(new Machine(geometry));
    private readonly Programme _programme = new();
    private readonly Dictionary<string, Pilot> _pilots = new(StringComparer.Ordinal);
    private Timelines? _timelines;
    private long _done;

    /// <summary>Schedules finished of the shard under way, or of the last one: a sign of life, readable from any thread.</summary>
    public long Done => Volatile.Read(ref _done);

    /// <summary>Executes the schedules of seeds [first, first + count).</summary>
    public ShardRecord Run(Cell cell, ulong firstSeed, int count, CancellationToken cancellation = default) =>
        Run(cell, firstSeed, count, null, cancellation);

    /// <summary>Executes the schedules of seeds [first, first + count).</summary>
    /// <param name="input">what the shard's generation knows, where the strategy is feedback; nothing when null</param>
    /// <exception cref="OperationCanceledException">cancelled between two schedules; nothing is recorded</exception>
    /// <exception cref="ModelDefectException">a protocol of the model threw; says where</exception>
    public ShardRecord Run(Cell cell, ulong firstSeed, int count, GenerationInput? input, CancellationToken cancellation = default)
    {
        Volatile.Write(ref _done, 0);
        Strategy strategy = Prepare(cell, input);
        var learning = strategy as FeedbackPortfolio;
        FeedbackTally? feedback = learning is null ? null : new(Restarted(input));
        var tally = new ShardTally();
        for (int i = 0; i < count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            ulong seed = unchecked(firstSeed + (ulong)i);
            // Not left to the strategy: a schedule that violates in its set-up never begins it.
            _timelines?.Begin();
            learning?.Watch(_timelines);
            ScheduleResult result = RunSeed(cell, strategy, seed);
            tally.Add(strategy.Arm, seed, result, _runner.Machine.Violation);
            feedback?.Add(strategy.Arm, seed, strategy.ProgrammeSeed(seed), result, _runner.Choices, _runner.Machine.Violation);
            // The second run of a schedule is not one more: nothing is learnt from it.
            learning?.Watch(null);
            if (seed % DeterminismCheckEvery == 0) tally.Checked(RunSeed(cell, strategy, seed) == result);
            Volatile.Write(ref _done, i + 1);
        }
        return tally.Close(BoundOf(cell, strategy), feedback?.Close());
    }

    /// <summary>Timelines that know what the generation knows. They are as large as the machine's memory, and kept.</summary>
    private Timelines Restarted(GenerationInput? input)
    {
        _timelines ??= new Timelines(_runner.Machine);
        _timelines.Restart(input?.Coverage ?? []);
        return _timelines;
    }

    /// <summary>
    /// A cell's strategy, ready to begin schedules. Also for whoever wants to repeat one schedule of the cell: a strategy
    /// depends on the cell (PCT's k), the seed and, where it is feedback, its generation's input alone.
    /// </summary>
    public Strategy Prepare(Cell cell, GenerationInput? input = null)
    {
        Strategy strategy = (Catalog<Strategy>.Find(cell.StrategyId)
            ?? throw new ArgumentException($"unknown strategy '{cell.StrategyId}'", nameof(cell))).Fresh();
        if (strategy.NeedsPilot) strategy.Use(PilotOf(cell));
        if (input is not null && strategy is FeedbackPortfolio learning) learning.Use(input);
        return strategy;
    }

    /// <summary>One schedule that is no shard's, and what it violated.</summary>
    internal (ScheduleResult Result, Violation? Violation) RunAside(Cell cell, Strategy strategy, ulong seed) =>
        (RunSeed(cell, strategy, seed), _runner.Machine.Violation);

    /// <summary>What PCT's schedules of this cell guarantee; null when its strategy has none.</summary>
    public PctBound? PctBoundOf(Cell cell) => BoundOf(cell, Prepare(cell));

    /// <summary>Composes and runs one schedule of a cell.</summary>
    private ScheduleResult RunSeed(Cell cell, Strategy strategy, ulong seed)
    {
        try
        {
            ulong programmeSeed = strategy.ProgrammeSeed(seed);
            _programme.Compose(cell.Workload, geometry, programmeSeed, cell.FixedParameters);
            return _runner.Run(_programme, cell.Policy, strategy, seed, _runner.AuditsWhole(programmeSeed));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw new ModelDefectException(cell, seed, e);
        }
    }

    private PctBound? BoundOf(Cell cell, Strategy strategy)
    {
        if (!strategy.NeedsPilot) return null;
        Pilot pilot = PilotOf(cell);
        return new PctBound(pilot.Cpus, pilot.Steps, Pct.DefaultDepth);
    }

    private Pilot PilotOf(Cell cell)
    {
        string key = cell.Key;
        if (_pilots.TryGetValue(key, out Pilot pilot)) return pilot;
        try
        {
            pilot = Pilot.Of(cell, _runner, _programme, new RandomWalk());
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw new ModelDefectException(cell, 0, e);
        }
        return _pilots[key] = pilot;
    }
}

/// <summary>An exception out of a protocol: a defect of the model, never a result.</summary>
public sealed class ModelDefectException(Cell cell, ulong seed, Exception inner)
    : Exception(string.Create(System.Globalization.CultureInfo.InvariantCulture,
        $"the model failed at seed {seed} of {cell.Key}: {inner.GetType().Name}: {inner.Message}"), inner)
{
    public ulong Seed { get; } = seed;
}
