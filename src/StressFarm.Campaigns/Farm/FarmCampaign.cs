using System.Globalization;
using System.Text.Json;
using StressFarm.Campaigns.Engines;
using StressFarm.Campaigns.Leases;
using StressFarm.Campaigns.Ledgers;
using StressFarm.Campaigns.Metrics;
using StressFarm.Campaigns.Plans;
using StressFarm.Campaigns.Reports;
using StressFarm.Campaigns.Soak;
using StressFarm.Campaigns.Specs;
using StressFarm.Campaigns.Tallies;
using StressFarm.Exploration.Evidence;
using StressFarm.Exploration.Records;

namespace StressFarm.Campaigns.Farm;

/// <summary>
/// A campaign of a farm: <see cref="LeaseBoard"/> over <see cref="IFarmStore"/>. What is decided on the board is written before
/// anybody is told. Calls must not overlap. When one throws, what is in memory may not be what is in the store: drop this and
/// open it anew.
/// </summary>
public sealed class FarmCampaign
{
    private readonly IFarmStore _store;
    private readonly TimeProvider _clock;
    private readonly LeaseBoard _board;
    private readonly long _term;
    private readonly PaceMeter _pace;
    private CampaignEntry _entry;
    private const string TwoDigests = "gave two digests on two silos";
    private FarmCounts _before;
    private FarmCounts _saved;
    private readonly List<string> _defects;
    private readonly FirstViolations _violated = new();
    private readonly CheckpointAges? _checkpoints;
    private LedgerAudit? _audit;
    /// <summary>What the ledger of a campaign that was done adds up to no more. Not kept with the defects: the next activation looks again.</summary>
    private string? _complaint;
    private long _discrepancies;

    private FarmCampaign(IFarmStore store, CampaignEntry entry, CampaignPlan plan, long term, LeaseTerms terms, FarmCounts counts, TimeProvider clock)
    {
        (_store, _entry, _term, _clock, _before, _saved) = (store, entry, term, clock, counts, counts);
        _defects = [.. counts.Defects];
        _board = new LeaseBoard(plan, terms, term << 32);
        _pace = new PaceMeter(clock);
        if (plan.Spec.Soak is not null) _checkpoints = new(plan.Cells.Count, entry.Created, plan.ShardsPerCell - 1);
    }

    public CampaignEntry Entry => _entry;
    public CampaignPlan Plan => _board.Plan;
    public LeaseBoard Board => _board;
    /// <summary>Told when a cell is violated for the first time, as far as the ledger knows: its workload, and how long after the campaign's creation.</summary>
    public Action<string, TimeSpan>? OnFirstViolation { get; set; }

    /// <summary>
    /// Opens a campaign under a new term: reads its ledger, its leases and its findings. One that cannot be worked on by this
    /// build ends as failed, with the reason.
    /// </summary>
    /// <exception cref="CampaignFault">the campaign cannot be worked on; the store says so too</exception>
    public static async Task<FarmCampaign> Open(IFarmStore store, CampaignEntry entry, LeaseTerms terms, TimeProvider clock, CancellationToken cancellation)
    {
        long term = await store.BeginTerm(entry.Id, cancellation);
        // Read again: an older activation may have changed its state until this moment.
        entry = await store.Find(entry.Id, cancellation) ?? entry;
        CampaignSpec? spec = Rebuild(entry, out string reason);
        if (spec is null)
        {
            if (entry.Active) await store.SetState(entry.Id, term, CampaignState.Failed, reason, cancellation);
            throw new CampaignFault(reason);
        }
        // What is over is only read: nobody is asked to verify it any more.
        if (!entry.Active) terms = terms with { VerifyEvery = 0 };
        var campaign = new FarmCampaign(store, entry with { Term = term }, new CampaignPlan(spec), term, terms, await store.Counts(entry.Id, cancellation), clock);
        try
        {
            await campaign.Restore(cancellation);
            return campaign;
        }
        catch (CampaignFault e) when (entry.Active)
        {
            await store.SetState(entry.Id, term, CampaignState.Failed, e.Message, cancellation);
            throw;
        }
    }

    /// <summary>The spec of an entry under this build; null when it would be another one.</summary>
    public static CampaignSpec? Rebuild(CampaignEntry entry, out string reason)
    {
        try
        {
            CampaignSpec spec = SpecBuilder.Build(SpecFile.Parse(entry.Request, entry.Id), FarmDefaults.Spec).Spec;
            reason = spec.Hash == entry.Hash ? ""
                : $"it was begun by a build for which its spec reads otherwise ({SpecDifference.FirstLine(entry.Canonical, spec.Canonical)}); submit it again";
            return spec.Hash == entry.Hash ? spec : null;
        }
        catch (SpecException e)
        {
            reason = $"this build cannot read its spec: {e.Message}";
            return null;
        }
    }

    /// <summary>Takes results, extends leases and gives new ones.</summary>
    public async Task<ExchangeAnswer> Exchange(ExchangeOffer offer, CancellationToken cancellation)
    {
        DateTimeOffset now = _clock.GetUtcNow();
        _board.Hear(offer.Holder, now);
        ResultFate[] fates = await TakeResults(offer, cancellation);
        var lost = new List<string>();
        foreach (LeaseProgress p in offer.Progress)
            if (!_board.Renew(p.Key, p.Epoch, p.Done, now)) lost.Add(p.Key);
        var gone = new List<string>();
        foreach (LeaseProgress r in offer.Returned)
            if (_board.Return(r.Key, r.Epoch)) gone.Add(r.Key);
        gone.AddRange(Reconcile(offer));
        gone.AddRange(PassTime(now));
        var given = new List<Lease>();
        while (_entry.State == CampaignState.Running && given.Count < Most(offer) && _board.Take(offer.Holder, now) is { } lease) given.Add(lease);
        // Taken back and given again in one go: the new lease replaces the row of the old one.
        gone.RemoveAll(key => given.Exists(l => l.Work.Key == key));
        if (given.Count > 0 || gone.Count > 0) await _store.SaveLeases(_entry.Id, _term, given, gone, cancellation);
        await SaveCounts(cancellation);
        await FinishIfDone(cancellation);
        return new(given, fates, lost, !_entry.Active);
    }

    private int Most(ExchangeOffer offer) =>
        _board.Phase == CampaignPhase.WorkingUp ? Math.Min(offer.Wanted, offer.WorkUps ?? offer.Wanted) : offer.Wanted;

    /// <summary>Time went on, whether or not anybody asked for work.</summary>
    public async Task Tick(CancellationToken cancellation)
    {
        List<string> gone = PassTime(_clock.GetUtcNow());
        if (gone.Count > 0) await _store.SaveLeases(_entry.Id, _term, [], gone, cancellation);
        await FinishIfDone(cancellation);
    }

    /// <summary>Pauses, resumes or cancels; what does not apply changes nothing.</summary>
    public async Task Become(CampaignState state, CancellationToken cancellation)
    {
        bool applies = state switch
        {
            CampaignState.Paused => _entry.State == CampaignState.Running,
            // One that failed may have failed for reasons that are gone.
            CampaignState.Running => _entry.State is CampaignState.Paused or CampaignState.Cancelled or CampaignState.Failed,
            CampaignState.Cancelled => _entry.Active,
            _ => false,
        };
        if (applies) await SetState(state, "", cancellation);
    }

    /// <summary>How far it is.</summary>
    public CampaignStatus Status()
    {
        CampaignTally tally = _board.Tally;
        (double pace, double? left) = _pace.Read(tally);
        bool over = _board.Phase == CampaignPhase.Done;
        FarmCounts counts = Counts();
        return new(_entry.Id, _entry.Name, CampaignWords.Of(_entry.State), _entry.Reason, CampaignWords.Of(_board.Phase), tally.Schedules, tally.Steps,
            tally.Cells.Sum(c => c.Violated), over ? 1 : Math.Max(tally.Share, BudgetShare()), left, pace, _board.WorkedUp, _board.Candidates.Count,
            new(_entry.Active ? _board.Leases.Count : 0, counts.Reissued, counts.Refused, counts.Verified, counts.VerifyMismatches, _board.Holders(_clock.GetUtcNow()).Count())
            {
                Oldest = _entry.Active && _board.Leases.MinBy(l => l.Given) is { } oldest ? Out(oldest) : null,
            },
            Ledger(), [.. _defects, .. _complaint is null ? (string[])[] : [_complaint], .. tally.Canaries.Summary.Complaints()], DigestText.Hex(tally.Digest), _entry.Created, _entry.Finished)
        { Canaries = tally.Canaries.Summary.Counts, Search = tally.Search };
    }

    private WorkOut Out(Lease lease)
    {
        (Shard shard, PlannedCell cell) = (lease.Work.Shard, Plan.Cells[lease.Work.Shard.Cell]);
        return new(WorkInstruments.Kinds[(int)lease.Work.Kind], cell.Policy.Name, cell.Workload.Id, lease.Work.Raw?.LowestSeed ?? shard.FirstSeed,
            Math.Max(1, shard.Count), lease.Holder, lease.Given);
    }

    /// <summary>Where it stands, for whoever adds many campaigns up.</summary>
    public CampaignSnapshot Snapshot() => CampaignSnapshot.Of(_board, _entry.State, Ledger(), _discrepancies, _checkpoints?.Oldest);

    private LedgerSummary Ledger() => _audit is { } a ? new(a.Planned, a.Executed, a.Lost, a.Double)
        : new(Plan.ShardCount ?? _board.Tally.Prefix + _board.Tally.Ahead, _board.Tally.Prefix + _board.Tally.Ahead, 0, 0);

    /// <summary>The violations so far, each with its count: the candidates when exploring is over, what is likely to become one before.</summary>
    public IReadOnlyList<Candidate> Candidates() => _board.Phase == CampaignPhase.Exploring ? FindingMerge.Candidates(_board.Tally) : _board.Candidates;

    private async Task Restore(CancellationToken cancellation)
    {
        await foreach (StoredShard shard in _store.Shards(_entry.Id, cancellation))
        {
            if (!_board.Restore(shard)) throw new CampaignFault(string.Create(CultureInfo.InvariantCulture, $"the ledger is damaged: shard {shard.Number} of cell {shard.Cell} is not one of this campaign")) { LedgerDamaged = true };
            _violated.Add(shard.Cell, shard.Record);
            _checkpoints?.Restore(shard.Cell, shard.Number, shard.Recorded ?? _entry.Created);
        }
        _checkpoints?.Restored();
        // Counted from their rows: a difference must not be forgotten with the activation that saw it.
        IReadOnlyList<StoredVerification> verified = await _store.Verifications(_entry.Id, cancellation);
        _before = _before with { Verified = verified.Count, VerifyMismatches = verified.Count(v => !v.Same) };
        foreach (StoredVerification done in verified)
        {
            _board.RestoreVerified(done.Shard);
            if (!done.Same) Defect(done.Shard, TwoDigests);
        }
        DateTimeOffset now = _clock.GetUtcNow();
        if (_entry.Active)
            foreach (Lease lease in await _store.Leases(_entry.Id, cancellation)) _board.Restore(lease, now);
        PassTime(now);
        foreach (StoredWorkup workup in await _store.Workups(_entry.Id, cancellation)) _board.Restore(workup.Cell, workup.Raw, workup.Finding);
        if (_entry.State == CampaignState.Done) _complaint = await AuditAgain(cancellation);
        else await FinishIfDone(cancellation);
    }

    /// <summary>
    /// A holder names every lease it knows of, one call at a time: one that it does not name was given in an answer that never
    /// reached it, and is nobody's.
    /// </summary>
    private IEnumerable<string> Reconcile(ExchangeOffer offer)
    {
        HashSet<string> named = [.. offer.Results.Select(r => r.Key), .. offer.Progress.Select(p => p.Key), .. offer.Returned.Select(r => r.Key)];
        Lease[] unknown = [.. _board.Leases.Where(l => l.Holder == offer.Holder && !named.Contains(l.Work.Key))];
        foreach (Lease lease in unknown)
            if (_board.Return(lease.Work.Key, lease.Epoch)) yield return lease.Work.Key;
    }

    private async Task<ResultFate[]> TakeResults(ExchangeOffer offer, CancellationToken cancellation)
    {
        var fates = new ResultFate[offer.Results.Count];
        Array.Fill(fates, ResultFate.Refused);
        var shards = new List<(int At, ShardResult Result)>();
        for (int i = 0; i < fates.Length; i++)
        {
            WorkReturn result = offer.Results[i];
            if (_board.Held(result.Key, result.Epoch) is not { } lease)
            {
                if (_board.IsDone(result.Key)) fates[i] = ResultFate.Same;
                else _board.CountRefused();
            }
            else if (result.Fault is { } fault)
            {
                if (_entry.Active) await SetState(CampaignState.Failed, fault, cancellation);
                fates[i] = ResultFate.Accepted;
            }
            else if (lease.Work.Kind == WorkKind.WorkUp)
            {
                if (Decode<Finding>(result) is { } finding) fates[i] = await TakeFinding(lease, finding, cancellation);
            }
            // What is no record of the shard is not even stored: the lease runs out, and somebody else does the work.
            else if (Decode<ShardRecord>(result) is not { } record || record.Schedules != lease.Work.Shard.Count) _board.CountRefused();
            else if (lease.Work.Kind == WorkKind.Verify) fates[i] = await TakeVerification(lease, record, cancellation);
            else shards.Add((i, new ShardResult(result.Key, lease.Work.Shard, lease.Epoch, lease.Holder, record)));
        }
        if (shards.Count == 0) return fates;
        IReadOnlyList<Recorded> recorded = await _store.Record(_entry.Id, _term, [.. shards.Select(s => s.Result)], cancellation);
        for (int i = 0; i < shards.Count; i++)
        {
            (int at, ShardResult r) = shards[i];
            fates[at] = _board.Complete(WorkItem.Explore(r.Shard), r.Epoch, r.Record);
            if (recorded[i] == Recorded.Mismatch)
            {
                fates[at] = ResultFate.Mismatch;
                _discrepancies++;
                Defect(r.Shard, DefectLine.OtherDigest);
            }
            if (fates[at] == ResultFate.Accepted) Note(r.Shard, r.Record);
            _pace.Add(r.Record.Steps);
        }
        return fates;
    }

    private void Note(Shard shard, ShardRecord record)
    {
        DateTimeOffset now = _clock.GetUtcNow();
        _checkpoints?.Commit(shard.Cell, shard.Number, now);
        if (_violated.Add(shard.Cell, record)) OnFirstViolation?.Invoke(Plan.Cells[shard.Cell].Workload.Id, now - _entry.Created);
    }

    private async Task<ResultFate> TakeFinding(Lease lease, Finding finding, CancellationToken cancellation)
    {
        PlannedCell cell = Plan.Cells[lease.Work.Shard.Cell];
        finding = finding with { Policy = cell.Policy.Name };
        if (!finding.Recurred)
            _defects.Add(DefectLine.NotRecurred(cell, lease.Work.Raw!));
        await _store.RecordWorkup(_entry.Id, _term, lease.Work.Key, new(cell.Index, lease.Work.Raw!, finding), cancellation);
        return _board.Complete(lease.Work, lease.Epoch, finding);
    }

    private async Task<ResultFate> TakeVerification(Lease lease, ShardRecord record, CancellationToken cancellation)
    {
        if (_board.FirstDigest(lease.Work.Shard) is not { } first) return ResultFate.Refused;
        await _store.RecordVerification(_entry.Id, _term, lease.Work.Key, new(lease.Work.Shard, first, record.Fingerprint, lease.Holder), cancellation);
        ResultFate fate = _board.Complete(lease.Work, lease.Epoch, record);
        if (fate == ResultFate.Mismatch) Defect(lease.Work.Shard, TwoDigests);
        return fate;
    }

    private void Defect(Shard shard, string what)
    {
        string line = DefectLine.Of(Plan, shard, what);
        if (!_defects.Contains(line)) _defects.Add(line);
    }

    private static T? Decode<T>(WorkReturn result) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(result.Record);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>What the clock changes; the keys of the leases that ended by it.</summary>
    private List<string> PassTime(DateTimeOffset now)
    {
        if (_entry.Budget is { } budget && _board.Phase == CampaignPhase.Exploring && now >= _entry.Created + budget) _board.CloseExploration();
        return [.. _board.Tick(now).Select(l => l.Work.Key)];
    }

    private double BudgetShare() =>
        _entry.Budget is { } budget ? Math.Clamp((_clock.GetUtcNow() - _entry.Created) / budget, 0, 1) : 0;

    private FarmCounts Counts() => new(_before.Reissued + _board.Reissued, _before.Refused + _board.Refused,
        _before.Verified + _board.Verified, _before.VerifyMismatches + _board.VerifyMismatches, [.. _defects]);

    private async Task SaveCounts(CancellationToken cancellation)
    {
        FarmCounts now = Counts();
        if (now with { Defects = _saved.Defects } == _saved && now.Defects.Count == _saved.Defects.Count) return;
        await _store.SaveCounts(_entry.Id, _term, now, cancellation);
        _saved = now;
    }

    /// <summary>Reads the ledger line by line; what does not add up, or null.</summary>
    private async Task<string?> Audit(long shards, ulong digest, CancellationToken cancellation)
    {
        var auditor = new LedgerAuditor(Plan, shards);
        await foreach (StoredShard line in _store.Shards(_entry.Id, cancellation)) auditor.Add(line);
        _audit = auditor.Close();
        if (_audit.Balanced && _audit.Digest == digest) return null;
        _discrepancies++;
        return $"the ledger does not add up: {_audit}{(_audit.Balanced ? $", digest {DigestText.Hex(_audit.Digest)} instead of {DigestText.Hex(digest)}" : "")}";
    }

    /// <summary>A campaign that was done must still add up to its report. What was restored is no measure: a line that is gone is not in it.</summary>
    private async Task<string?> AuditAgain(CancellationToken cancellation)
    {
        if (await _store.Report(_entry.Id, cancellation) is not { } kept) return await Audit(_board.Tally.Prefix, _board.Tally.Digest, cancellation);
        CampaignReport report = ReportReader.Read(kept.Json, Plan.Spec);
        return await Audit(report.Shards, report.Digest, cancellation);
    }

    /// <summary>Draws the report up when nothing is left to do, but not before the ledger adds up to it.</summary>
    private async Task FinishIfDone(CancellationToken cancellation)
    {
        if (_board.Phase != CampaignPhase.Done || !_entry.Active) return;
        // Reading a long ledger takes longer than whoever happened to call has time.
        cancellation = CancellationToken.None;
        if (await Audit(_board.Tally.Prefix, _board.Tally.Digest, cancellation) is { } complaint)
        {
            await SetState(CampaignState.Failed, complaint, cancellation);
            return;
        }
        if (DefectLine.NotDeterministic(_board.Tally) is { } differed) _defects.Add(differed);
        CampaignReport report = CampaignReport.Of(_board.Tally, _board.WorkUps());
        await _store.SaveReport(_entry.Id, _term, ReportWriter.Canonical(report), VerdictPage.Markdown(report), cancellation);
        await SaveCounts(cancellation);
        await SetState(CampaignState.Done, "", cancellation);
    }

    private async Task SetState(CampaignState state, string reason, CancellationToken cancellation)
    {
        await _store.SetState(_entry.Id, _term, state, reason, cancellation);
        bool active = state is CampaignState.Running or CampaignState.Paused;
        _entry = _entry with { State = state, Reason = reason, Finished = active ? null : _clock.GetUtcNow() };
    }
}
