using StressFarm.Exploration.Records;
using StressFarm.Exploration.Schedules;
using StressFarm.Exploration.Shards;

namespace StressFarm.Exploration.Soak;

/// <summary>
/// Runs epochs of sections. An epoch is a pure function of (model version, section, epoch, the checkpoint before it). One per
/// worker: it owns a machine and is not thread safe. It keeps no section: any of them may go on anywhere.
/// </summary>
/// <param name="strategies">prepares strategies, with a machine of its own</param>
public sealed class SoakExecutor(Geometry geometry, ShardExecutor strategies)
{
    /// <summary>One epoch in so many is run twice from the same checkpoint and must come out the same.</summary>
    public const int DeterminismCheckEvery = 32;
    private const int MostLives = 1024;

    private readonly ScheduleRunner _runner = new(new Machine(geometry));
    private readonly Programme _programme = new();
    private readonly Dictionary<SoakSection, SectionLife> _lives = [];
    private long _done;

    /// <summary>Schedules done of the epoch under way; any thread may ask.</summary>
    public long Done => Volatile.Read(ref _done);

    /// <summary>Runs an epoch.</summary>
    /// <param name="previous">the checkpoint of the epoch before; null at the first one</param>
    /// <exception cref="OperationCanceledException">cancelled between two schedules; nothing came of it</exception>
    /// <exception cref="ModelDefectException">a protocol of the model threw; says where</exception>
    /// <exception cref="StateException">the checkpoint's state cannot be used</exception>
    public (ShardRecord Record, Checkpoint Next) Run(
        SoakSection section, long epoch, Checkpoint? previous, CancellationToken cancellation = default)
    {
        if (previous is null ? epoch != 0 : (previous.Section, previous.Epoch) != (section.Number, epoch - 1))
            throw new ArgumentException("an epoch goes on from the checkpoint of the one before", nameof(previous));
        Volatile.Write(ref _done, 0);
        var epochRun = new EpochRun(this, section, epoch, previous, cancellation);
        (ShardTally tally, byte[] state) = epochRun.Execute();
        string hash = StateBytes.Hash(state);
        if ((epoch + section.Number) % DeterminismCheckEvery == 0)
        {
            (ShardTally again, byte[] stateAgain) = epochRun.Execute();
            tally.Checked(section.Schedules, again.Equal(tally) && StateBytes.Hash(stateAgain) == hash);
        }
        ShardRecord record = tally.Close(pct: null, feedback: null);
        string chain = SoakChain.Link(previous?.Chain ?? SoakChain.Root, section, epoch, record, hash);
        return (record with { Link = new(chain, hash) }, new(section.Number, epoch, StateBytes.Compress(state), hash, chain));
    }

    /// <summary>The memory that one schedule of an epoch begins on.</summary>
    public StartState Before(SoakSection section, long epoch, Checkpoint? previous, ulong seed, CancellationToken cancellation = default)
    {
        var run = new EpochRun(this, section, epoch, previous, cancellation);
        int schedule = (int)(seed - section.FirstSeedOf(epoch));
        return new(new(section.Number, epoch), run.Whole(schedule), StateBytes.Compress(run.Execute(schedule).State));
    }

    /// <summary>What stays the same for all of a section's schedules.</summary>
    public SectionLife LifeOf(SoakSection section)
    {
        if (_lives.TryGetValue(section, out SectionLife? life)) return life;
        if (_lives.Count >= MostLives) _lives.Clear();
        return _lives[section] = SectionLife.Of(section, _programme);
    }

    /// <summary>An epoch, which can be executed any number of times.</summary>
    private sealed class EpochRun(
        SoakExecutor owner, SoakSection section, long epoch, Checkpoint? previous, CancellationToken cancellation)
    {
        private readonly SectionLife _life = owner.LifeOf(section);
        private readonly byte[]? _before = previous is null ? null : Expand(previous);

        private Machine Machine => owner._runner.Machine;

        /// <summary>The last schedule of an epoch audits the whole section, and those that would do so anywhere.</summary>
        public bool Whole(int schedule) =>
            schedule == section.Schedules - 1 || owner._runner.AuditsWhole(section.FirstSeedOf(epoch) + (ulong)schedule);

        /// <summary>Runs the epoch's schedules, or the first <paramref name="count"/> of them.</summary>
        public (ShardTally Tally, byte[] State) Execute(int? count = null)
        {
            // Before the memory is laid: a strategy's pilot may need the machine of its executor, never this one.
            Strategy strategy = owner.Prepare(_life.Cell);
            long incarnation = 0;
            if (_before is null) Bear();
            else incarnation = MachineState.Restore(Machine, _before);
            var tally = new ShardTally(new SoakPlace(section.Number, epoch));
            for (int i = 0; i < (count ?? section.Schedules); i++)
            {
                cancellation.ThrowIfCancellationRequested();
                ulong seed = section.FirstSeedOf(epoch) + (ulong)i;
                ScheduleResult result = Schedule(strategy, seed, Whole(i));
                tally.Add(strategy.Arm, seed, result, Machine.Violation);
                Volatile.Write(ref owner._done, owner._done + 1);
                if (result.End == ScheduleEnd.Done) continue;
                // What the memory holds now is the violation's; the section is born again, so that every epoch runs in full.
                Bear();
                incarnation++;
            }
            return (tally, MachineState.Capture(Machine, incarnation));
        }

        private static byte[] Expand(Checkpoint checkpoint)
        {
            byte[] state = StateBytes.Expand(checkpoint.State);
            return StateBytes.Hash(state) == checkpoint.StateHash ? state : throw new StateException("it does not have the hash that it should have");
        }

        private void Bear() => Machine.Reset(_life.Arena, _life.Cell.Policy, null);

        private ScheduleResult Schedule(Strategy strategy, ulong seed, bool whole)
        {
            try
            {
                owner._programme.Compose(_life.Cell.Workload, Machine.Geometry, seed, _life.Cell.FixedParameters);
                return owner._runner.Continue(owner._programme, _life.Cell.Policy, strategy, seed, whole, SoakSection.Drains(seed));
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                throw new ModelDefectException(_life.Cell, seed, e);
            }
        }
    }

    private Strategy Prepare(Cell cell) => strategies.Prepare(cell);
}
