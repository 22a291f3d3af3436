using System.Globalization;
using StressFarm.Exploration;

namespace StressFarm.Campaigns;

/// <summary>
/// The embedded farm: runs a campaign's shards, and then the work-up of what they found, on this machine's threads. All that
/// it decides is in <see cref="CampaignTally"/> and <see cref="FindingMerge"/>; this is only who does what when.
/// </summary>
/// <param name="clock">only says when a time budget is over and how long things took</param>
public sealed class CampaignRunner(CampaignPlan plan, ICampaignStore store, ICampaignEngine engine, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private readonly CampaignTally _tally = new(plan);
    private readonly List<string> _defects = [];
    private readonly long _start = clock.GetTimestamp();
    private TimeSpan? _budget;
    private CampaignPhase _phase;
    private long _cursor, _stepsHere, _resumed;
    private double _resumedShare;
    private TimeSpan _resumedAfter;
    private int _workedUp, _candidates;
    private Exception? _failure;

    /// <summary>How far the run is; callable from any thread.</summary>
    public CampaignProgress Progress()
    {
        lock (_lock)
        {
            TimeSpan elapsed = clock.GetElapsedTime(_start);
            return new(_phase, _tally.Schedules, _tally.Steps, _stepsHere,
                _tally.Cells.Sum(c => c.Violated), Share(elapsed), Left(elapsed), _workedUp, _candidates, elapsed);
        }
    }

    /// <summary>Runs the campaign to its end, or to that of the time budget.</summary>
    /// <exception cref="CampaignFault">a worker failed</exception>
    public CampaignOutcome Run(int workers, TimeSpan? budget, CancellationToken interrupt)
    {
        _budget = budget;
        Resume();
        lock (_lock) (_resumedShare, _resumedAfter) = (WorkShare(), clock.GetElapsedTime(_start));
        if (!Explored) InParallel(workers, worker => Explore(worker, interrupt));
        TimeSpan exploring = clock.GetElapsedTime(_start);
        bool interrupted = interrupt.IsCancellationRequested;
        CampaignReport? report = null;
        if (!interrupted)
        {
            IReadOnlyList<(Candidate, Finding)>? workedUp = WorkUp(workers, interrupt);
            interrupted = workedUp is null;
            if (workedUp is not null)
            {
                report = CampaignReport.Of(_tally, workedUp);
                foreach (var (candidate, _) in workedUp.Where(w => w.Item2.Token.Length == 0))
                    _defects.Add(FailureLocator.Describe(candidate.Cell, candidate.Raw.LowestSeed, candidate.Raw.Key, "a violation did not recur at its own seed"));
            }
        }
        lock (_lock)
        {
            _phase = interrupted ? CampaignPhase.Stopped : CampaignPhase.Done;
            long mismatches = _tally.Cells.Sum(c => c.DeterminismMismatches);
            if (mismatches > 0)
                _defects.Add(string.Create(CultureInfo.InvariantCulture, $"the determinism self-check failed: {mismatches} schedules gave another digest when run again"));
            return new(report, interrupted, [.. _defects], _resumed, _stepsHere, clock.GetElapsedTime(_start), exploring);
        }
    }

    private bool Explored => _tally.Complete || _budget is { } budget && clock.GetElapsedTime(_start) >= budget;

    private void Resume()
    {
        foreach (StoredShard stored in store.Shards())
        {
            Shard? shard = stored.Cell >= 0 && stored.Cell < plan.Cells.Count && stored.Number >= 0
                ? plan.At(plan.IndexOf(stored.Cell, stored.Number)) : null;
            if (shard is null || shard.Value.Count != stored.Record.Schedules)
                throw new SpecException(string.Create(CultureInfo.InvariantCulture,
                    $"the ledger is damaged: shard {stored.Number} of cell {stored.Cell} is not one of this campaign; choose another --out"));
            _tally.Add(shard.Value.Index, stored.Record);
            _resumed++;
        }
    }

    private void Explore(ICampaignWorker worker, CancellationToken interrupt)
    {
        while (Take() is { } shard)
        {
            if (interrupt.IsCancellationRequested) return;
            ShardRecord record;
            try
            {
                record = worker.Run(plan.Cells[shard.Cell].Cell, shard.FirstSeed, shard.Count, interrupt);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception e)
            {
                throw FailureLocator.Locate(engine, plan.Cells[shard.Cell], shard, e);
            }
            lock (_lock)
            {
                if (store.Record(shard.Cell, shard.Number, record) == Recorded.Mismatch)
                    _defects.Add(string.Create(CultureInfo.InvariantCulture,
                        $"shard {shard.Number} of {plan.Cells[shard.Cell].Policy.Name} × {plan.Cells[shard.Cell].Workload.Id} (seeds from {shard.FirstSeed}) gave another digest than the one in the ledger"));
                _tally.Add(shard.Index, record);
                _stepsHere += record.Steps;
            }
        }
    }

    /// <summary>The next shard nobody has done or is doing; null when there is nothing left to do.</summary>
    private Shard? Take()
    {
        lock (_lock)
        {
            if (_failure is not null || Explored) return null;
            while (_tally.Has(_cursor)) _cursor++;
            if (plan.At(_cursor) is not { } shard) return null;
            _cursor++;
            return shard;
        }
    }

    private IReadOnlyList<(Candidate, Finding)>? WorkUp(int workers, CancellationToken interrupt)
    {
        IReadOnlyList<Candidate> candidates = FindingMerge.Candidates(_tally);
        var findings = new Finding?[candidates.Count];
        int next = 0;
        lock (_lock) (_phase, _candidates) = (CampaignPhase.WorkingUp, candidates.Count);
        for (int i = 0; i < findings.Length; i++)
            if (store.FindWorkup(candidates[i].Cell.Index, candidates[i].Raw) is { } known) (findings[i], _workedUp) = (known, _workedUp + 1);
        if (_workedUp < findings.Length)
            InParallel(Math.Min(workers, findings.Length - _workedUp), worker =>
            {
                while (_failure is null)
                {
                    int i = Interlocked.Increment(ref next) - 1;
                    if (i >= findings.Length || interrupt.IsCancellationRequested) return;
                    if (findings[i] is not null) continue;
                    findings[i] = WorkUp(worker, candidates[i], interrupt);
                    if (findings[i] is null) return;
                }
            });
        if (interrupt.IsCancellationRequested && findings.Contains(null)) return null;
        return [.. candidates.Select((c, i) => (c, findings[i] ?? throw new CampaignFault($"the work-up of {c.Raw.Key} gave nothing")))];
    }

    private Finding? WorkUp(ICampaignWorker worker, Candidate candidate, CancellationToken interrupt)
    {
        try
        {
            Finding finding = worker.WorkUp(candidate.Cell.Cell, candidate.Raw, interrupt) with { Policy = candidate.Cell.Policy.Name };
            lock (_lock)
            {
                store.RecordWorkup(candidate.Cell.Index, candidate.Raw, finding);
                _workedUp++;
            }
            return finding;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        catch (Exception e) when (e is not CampaignFault and not SpecException)
        {
            throw FailureLocator.Describe(candidate.Cell, candidate.Raw.LowestSeed, e is ModelDefectException { InnerException: { } inner } ? inner : e, "while working up a violation");
        }
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
                    lock (_lock) _failure ??= e;
                }
            }) { IsBackground = true, Name = string.Create(CultureInfo.InvariantCulture, $"worker {i}") };
            threads[i].Start();
        }
        foreach (Thread thread in threads) thread.Join();
        if (_failure is CampaignFault or SpecException) throw _failure;
        if (_failure is not null) throw new CampaignFault($"a worker failed: {_failure.GetType().Name}: {_failure.Message.ReplaceLineEndings(" ")}", _failure);
    }

    private double Share(TimeSpan elapsed) =>
        _budget is { } budget && budget > TimeSpan.Zero ? Math.Clamp(elapsed / budget, WorkShare(), 1) : WorkShare();

    /// <summary>The share of the schedules or steps asked for; 0 when only time decides.</summary>
    private double WorkShare()
    {
        double share = plan.ShardCount is { } count && count > 0 ? (double)(_tally.Prefix + _tally.Ahead) / count : 0;
        if (plan.Spec.Steps is { } steps) share = Math.Max(share, (double)_tally.Steps / steps);
        return Math.Min(1, share);
    }

    /// <summary>What is left of the budget, or what the work that is left takes at the pace since the ledger was read; the less.</summary>
    private TimeSpan? Left(TimeSpan elapsed)
    {
        TimeSpan? left = _budget is { } budget ? (budget > elapsed ? budget - elapsed : TimeSpan.Zero) : null;
        double share = WorkShare(), here = share - _resumedShare;
        if (_stepsHere == 0 || here <= 0) return left;
        TimeSpan work = (elapsed - _resumedAfter) * ((1 - share) / here);
        return left < work ? left : work;
    }
}
