using System.Globalization;
using StressFarm.Campaigns.Engines;
using StressFarm.Campaigns.Leases;
using StressFarm.Campaigns.Ledgers;
using StressFarm.Campaigns.Metrics;
using StressFarm.Campaigns.Plans;
using StressFarm.Campaigns.Reports;
using StressFarm.Campaigns.Soak;
using StressFarm.Campaigns.Tallies;
using StressFarm.Exploration.Evidence;
using StressFarm.Exploration.Records;
using StressFarm.Exploration.Soak;

namespace StressFarm.Campaigns.Runs;

/// <summary>
/// The embedded farm: does a campaign's work on this machine's threads. What is to be done, and when it is over, is
/// <see cref="LeaseBoard"/>'s to say; this is only who does it.
/// </summary>
/// <param name="clock">only says when a time budget is over and how long things took</param>
/// <param name="instruments">told of what is done; null when nobody measures</param>
public sealed class CampaignRunner(CampaignPlan plan, ICampaignStore store, ICampaignEngine engine, TimeProvider clock, RunInstruments? instruments = null)
{
    private const string Holder = "here";
    private readonly object _lock = new();
    private readonly WorkRunner _runner = new(plan, engine);
    private readonly LeaseBoard _board = new(plan, LeaseTerms.Unlimited);
    private readonly SoakHeads _heads = new();
    private readonly FirstViolations _violated = new();
    private readonly List<string> _defects = [];
    private CheckpointAges? _checkpoints;
    private CampaignWatch? _watch;
    private long _discrepancies;
    private long? _checkpointAt;
    private readonly long _start = clock.GetTimestamp();
    private TimeSpan? _budget;
    private TimeSpan? _exploring;
    private long _stepsHere, _resumed;
    private double _resumedShare;
    private TimeSpan _resumedAfter;
    private bool _stopped;
    private Exception? _failure;

    private CampaignTally Tally => _board.Tally;

    /// <summary>How far the run is; callable from any thread.</summary>
    public CampaignProgress Progress()
    {
        lock (_lock)
        {
            TimeSpan elapsed = clock.GetElapsedTime(_start);
            return new(_stopped ? CampaignPhase.Stopped : _board.Phase, Tally.Schedules, Tally.Steps, _stepsHere,
                Tally.Cells.Sum(c => c.Violated), Share(elapsed), Left(elapsed), _board.WorkedUp, _board.Candidates.Count, elapsed)
            {
                Canaries = Tally.Canaries.Summary.Counts,
                Search = Tally.Search,
                Soak = plan.Spec.Soak is null ? null : (Tally.Prefix + Tally.Ahead, clock.GetElapsedTime(_checkpointAt ?? _start)),
            };
        }
    }

    /// <summary>Runs the campaign to its end, or to that of the time budget.</summary>
    /// <exception cref="CampaignFault">a worker failed</exception>
    public CampaignOutcome Run(int workers, TimeSpan? budget, CancellationToken interrupt)
    {
        _budget = budget;
        lock (_lock)
        {
            if (plan.Spec.Soak is not null) _checkpoints = new(plan.Cells.Count, clock.GetUtcNow(), plan.ShardsPerCell - 1);
            Resume();
            BeginMeasuring(workers);
            (_resumedShare, _resumedAfter) = (Tally.Share, clock.GetElapsedTime(_start));
            Watch();
        }
        using (interrupt.Register(Wake))
            InParallel(workers, worker => Work(worker, interrupt));
        lock (_lock)
        {
            _stopped = _board.Phase != CampaignPhase.Done;
            CampaignReport? report = _stopped ? null : Report();
            Publish(_stopped ? CampaignState.Paused : CampaignState.Done);
            if (DefectLine.NotDeterministic(Tally) is { } differed) _defects.Add(differed);
            _defects.AddRange(Tally.Canaries.Summary.Complaints());
            TimeSpan elapsed = clock.GetElapsedTime(_start);
            return new(report, _stopped, [.. _defects], _resumed, _stepsHere, elapsed, _exploring ?? elapsed);
        }
    }

    private CampaignReport Report()
    {
        IReadOnlyList<(Candidate, Finding)> workedUp = _board.WorkUps();
        foreach (var (candidate, _) in workedUp.Where(w => !w.Item2.Recurred))
            _defects.Add(DefectLine.NotRecurred(candidate.Cell, candidate.Raw));
        return CampaignReport.Of(Tally, workedUp);
    }

    private void Resume()
    {
        foreach (StoredShard stored in store.Shards())
        {
            if (!_board.Restore(stored))
                throw new SpecException(string.Create(CultureInfo.InvariantCulture,
                    $"the ledger is damaged: shard {stored.Number} of cell {stored.Cell} is not one of this campaign; choose another --out"));
            _violated.Add(stored.Cell, stored.Record);
            _checkpoints?.Restore(stored.Cell, stored.Number, clock.GetUtcNow());
            if (stored.Record.Link is not null) _heads.Add(stored.Cell, stored.Number, stored.Record);
            _resumed++;
        }
        _checkpoints?.Restored();
    }

    /// <summary>What the clock changes, and what follows when exploring is over: findings that are in the store already.</summary>
    private void Watch()
    {
        TimeSpan elapsed = clock.GetElapsedTime(_start);
        if (_board.Phase == CampaignPhase.Exploring && _budget is { } budget && elapsed >= budget) _board.CloseExploration();
        if (_exploring is not null || _board.Phase == CampaignPhase.Exploring) return;
        _exploring = elapsed;
        foreach (Candidate candidate in _board.Candidates)
            if (store.FindWorkup(candidate.Cell.Index, candidate.Raw) is { } known) _board.Restore(candidate.Cell.Index, candidate.Raw, known);
    }

    private void Work(ICampaignWorker worker, CancellationToken interrupt)
    {
        while (Next(interrupt) is { } lease)
        {
            try
            {
                Do(worker, lease, interrupt);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private void Do(ICampaignWorker worker, Lease lease, CancellationToken interrupt)
    {
        long? begun = instruments?.Workers.Begin();
        try
        {
            if (lease.Work.Kind == WorkKind.WorkUp) WorkUp(worker, lease, interrupt);
            else Explore(worker, lease, interrupt);
        }
        finally
        {
            if (begun is { } at) instruments!.Workers.End(at);
        }
    }

    /// <summary>Work for a thread; waits while there is none yet, null when there is none any more.</summary>
    private Lease? Next(CancellationToken interrupt)
    {
        lock (_lock)
        {
            while (true)
            {
                if (_failure is not null || interrupt.IsCancellationRequested) return null;
                Watch();
                if (_board.Phase == CampaignPhase.Done) return null;
                if (_board.Take(Holder, clock.GetUtcNow()) is { } lease) return lease;
                // Others are at work, and what they find out may be what is missing.
                if (_board.Leases.Count == 0) throw new CampaignFault("there is work left and none of it can be done");
                Monitor.Wait(_lock);
            }
        }
    }

    private void Wake()
    {
        lock (_lock) Monitor.PulseAll(_lock);
    }

    private void Explore(ICampaignWorker worker, Lease lease, CancellationToken interrupt)
    {
        Shard shard = lease.Work.Shard;
        Checkpoint? next = null;
        ShardRecord record;
        long began = clock.GetTimestamp();
        if (plan.Cells[shard.Cell].Section is null) record = _runner.Run(worker, shard, lease.Input, interrupt);
        else (record, next) = _runner.RunEpoch(worker, shard, CheckpointBefore(shard.Cell, shard.Number), interrupt);
        instruments?.Work.Took(WorkKind.Explore, clock.GetElapsedTime(began).TotalSeconds);
        lock (_lock)
        {
            Recorded recorded = Record(shard, record, next);
            if (recorded == Recorded.Mismatch)
                _defects.Add(DefectLine.Of(plan, shard, DefectLine.OtherDigest));
            _board.Complete(lease.Work, lease.Epoch, record);
            _stepsHere += record.Steps;
            Measure(shard, record, recorded, clock.GetElapsedTime(began));
            Watch();
            Monitor.PulseAll(_lock);
        }
    }

    private Recorded Record(Shard shard, ShardRecord record, Checkpoint? next)
    {
        if (next is null) return store.Record(shard.Cell, shard.Number, record);
        bool news = _heads.Add(shard.Cell, shard.Number, record);
        _checkpointAt = clock.GetTimestamp();
        return store.RecordEpoch(shard.Cell, record, next, pinBefore: news);
    }

    /// <summary>The checkpoint that an epoch goes on from, which must be the chain's; null for the first one.</summary>
    private Checkpoint? CheckpointBefore(int cell, long epoch)
    {
        if (epoch == 0) return null;
        lock (_lock)
        {
            Checkpoint? found = store.FindCheckpoint(cell, epoch - 1);
            if (found?.Epoch == epoch - 1 && (_heads.At(cell, epoch - 1) ?? found.Chain) == found.Chain) return found;
        }
        throw new SpecException(string.Create(CultureInfo.InvariantCulture,
            $"the ledger is damaged: the checkpoint after epoch {epoch - 1} of cell {cell} is missing or not the chain's; 'stressfarm verify' says more"));
    }

    private void WorkUp(ICampaignWorker worker, Lease lease, CancellationToken interrupt)
    {
        Checkpoint? before = lease.Work.Raw!.Soak is { } place ? CheckpointBefore(lease.Work.Shard.Cell, place.Epoch) : null;
        long began = clock.GetTimestamp();
        Finding finding = _runner.WorkUp(worker, lease.Work, lease.Input, interrupt, before);
        instruments?.Work.Took(WorkKind.WorkUp, clock.GetElapsedTime(began).TotalSeconds);
        lock (_lock)
        {
            store.RecordWorkup(lease.Work.Shard.Cell, lease.Work.Raw!, finding);
            _board.Complete(lease.Work, lease.Epoch, finding);
            instruments?.Settled(plan, lease.Work.Shard, WorkKind.WorkUp, null, finding, ResultFate.Accepted, clock.GetElapsedTime(began), unanswered: false);
            Publish(CampaignState.Running);
            Monitor.PulseAll(_lock);
        }
    }

    private void BeginMeasuring(int workers)
    {
        if (instruments is null) return;
        instruments.Work.Show(plan);
        instruments.Workers.Have(Math.Max(1, workers));
        _watch = instruments.Campaigns.Watch(CampaignState.Running, Snapshot(CampaignState.Running));
    }

    /// <summary>What the ledger took counts as work; what it had already is a replay of it.</summary>
    private void Measure(Shard shard, ShardRecord record, Recorded recorded, TimeSpan since)
    {
        if (instruments is null) return;
        PlannedCell cell = plan.Cells[shard.Cell];
        ResultFate fate = recorded switch { Recorded.Added => ResultFate.Accepted, Recorded.Same => ResultFate.Same, _ => ResultFate.Mismatch };
        instruments.Settled(plan, shard, WorkKind.Explore, record, null, fate, since, unanswered: false);
        if (fate == ResultFate.Mismatch) _discrepancies++;
        if (fate == ResultFate.Accepted)
        {
            if (_violated.Add(shard.Cell, record)) instruments.Work.FirstViolation(cell.Workload.Id, clock.GetElapsedTime(_start));
            _checkpoints?.Commit(shard.Cell, shard.Number, clock.GetUtcNow());
        }
        Publish(CampaignState.Running);
    }

    private void Publish(CampaignState state) => _watch?.Publish(Snapshot(state));

    private CampaignSnapshot Snapshot(CampaignState state)
    {
        long done = Tally.Prefix + Tally.Ahead;
        return CampaignSnapshot.Of(_board, state, new(plan.ShardCount ?? done, done, 0, 0), _discrepancies, _checkpoints?.Oldest);
    }

    /// <summary>Runs <paramref name="body"/> on threads of its own, with a worker each; rethrows the first failure.</summary>
    private void InParallel(int workers, Action<ICampaignWorker> body)
    {
        var threads = new Thread[Math.Max(1, workers)];
        for (int i = 0; i < threads.Length; i++)
        {
            threads[i] = new Thread(() =>
            {
                try
                {
                    body(engine.CreateWorker());
                }
                catch (Exception e)
                {
                    lock (_lock)
                    {
                        _failure ??= e;
                        Monitor.PulseAll(_lock);
                    }
                }
            })
            { IsBackground = true, Name = string.Create(CultureInfo.InvariantCulture, $"worker {i}") };
            threads[i].Start();
        }
        foreach (Thread thread in threads) thread.Join();
        if (_failure is CampaignFault or SpecException) throw _failure;
        if (_failure is not null) throw new CampaignFault($"a worker failed: {_failure.GetType().Name}: {_failure.Message.ReplaceLineEndings(" ")}", _failure);
    }

    private double Share(TimeSpan elapsed) =>
        _budget is { } budget && budget > TimeSpan.Zero ? Math.Clamp(elapsed / budget, Tally.Share, 1) : Tally.Share;

    /// <summary>What is left of the budget, or what the work that is left takes at the pace since the ledger was read; the less.</summary>
    private TimeSpan? Left(TimeSpan elapsed)
    {
        TimeSpan? left = _budget is { } budget ? (budget > elapsed ? budget - elapsed : TimeSpan.Zero) : null;
        double share = Tally.Share, here = share - _resumedShare;
        if (_stepsHere == 0 || here <= 0) return left;
        TimeSpan work = (elapsed - _resumedAfter) * ((1 - share) / here);
        return left < work ? left : work;
    }
}
