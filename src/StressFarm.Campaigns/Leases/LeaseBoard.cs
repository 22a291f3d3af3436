using System.Globalization;
using StressFarm.Campaigns.Plans;
using StressFarm.Campaigns.Tallies;
using StressFarm.Exploration.Evidence;
using StressFarm.Exploration.Records;

namespace StressFarm.Campaigns.Leases;

/// <summary>
/// Who does what: hands a campaign's work out as leases, takes what comes back, and knows when it is over. The embedded run
/// and the farm decide by this same class; it does no I/O, reads no clock (the time is an argument) and is not thread safe.
/// </summary>
/// <remarks>
/// <para>
/// Work goes through three phases. While exploring, shards are leased lowest first; one that is not ready (it needs the results
/// of others) waits without holding up the rest. When every shard that the spec asks for counts, or the exploration was closed
/// because the time is over, the violations are worked up; when none is left the campaign is done.
/// </para>
/// <para>
/// A lease has an epoch, and epochs only grow. A result is taken when its epoch is that of the work's present lease, even past
/// its time: nobody else has it. Once the work was handed on, or is done, an older epoch is refused. So a holder that was
/// stopped for an hour and wakes up changes nothing. A lease lives by progress: <see cref="Renew"/> extends it only when more
/// schedules are done than at the last call, so that a holder which answers but is stuck loses its work.
/// </para>
/// <para>
/// A share of the shards is verified: run once more by another holder, the digests compared. Nobody waits for a second holder
/// that does not exist: a verification that only its own author could do is dropped when nothing else is left.
/// </para>
/// </remarks>
public sealed class LeaseBoard(CampaignPlan plan, LeaseTerms terms, long lastEpoch = 0)
{
    private const int MostHolders = 1024;
    /// <summary>A verification is a sample: what waits for a second holder that never comes must not pile up for weeks.</summary>
    private const int MostUnverified = 1024;
    private readonly Dictionary<string, Lease> _leases = new(StringComparer.Ordinal);
    private readonly SortedDictionary<long, Shard> _waiting = [];
    private readonly Dictionary<long, (Shard Shard, ulong Digest, string Author)> _toVerify = [];
    private readonly SortedSet<long> _unverified = [];
    private readonly Dictionary<string, DateTimeOffset> _seen = new(StringComparer.Ordinal);
    /// <summary>Of work that was taken back and waits to be given again: when it was first given.</summary>
    private readonly Dictionary<string, DateTimeOffset> _firstGiven = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Finding> _findings = new(StringComparer.Ordinal);
    private IReadOnlyList<Candidate> _candidates = [];
    private long _cursor;
    private long _highest = -1;
    private int _exploring;
    private bool _closed;

    public CampaignPlan Plan => plan;
    public CampaignTally Tally { get; } = new(plan);
    public CampaignPhase Phase { get; private set; }
    public IReadOnlyCollection<Lease> Leases => _leases.Values;
    /// <summary>When the work that is out longest was first given, however often it was given again; null when none is out.</summary>
    public DateTimeOffset? OldestGiven => _leases.Values.Min(l => (DateTimeOffset?)l.Given);
    public IReadOnlyList<Candidate> Candidates => _candidates;
    /// <summary>Candidates that are worked up.</summary>
    public int WorkedUp { get; private set; }
    /// <summary>Leases that expired or were handed back, and so were given again.</summary>
    public long Reissued { get; private set; }
    public long Refused { get; private set; }
    /// <summary>Shards that wait for a second holder.</summary>
    public int ToVerify => _toVerify.Count;
    /// <summary>Shards run by a second holder.</summary>
    public long Verified { get; private set; }
    /// <summary>Of those, how many gave another digest. Must be 0.</summary>
    public long VerifyMismatches { get; private set; }
    /// <summary>The epoch given last.</summary>
    public long LastEpoch { get; private set; } = lastEpoch;

    /// <summary>The candidates with their findings; only when the campaign is done.</summary>
    public IReadOnlyList<(Candidate, Finding)> WorkUps() =>
        [.. _candidates.Select(c => (c, _findings.TryGetValue(WorkItem.WorkUp(c).Key, out Finding? f) ? f : throw new CampaignFault($"the work-up of {c.Raw.Key} gave nothing")))];

    /// <summary>Takes a shard from the ledger. False when it is none of this campaign.</summary>
    public bool Restore(StoredShard stored)
    {
        if (plan.ShardOf(stored) is not { } shard) return false;
        Tally.Add(shard.Index, stored.Record);
        _highest = Math.Max(_highest, shard.Index);
        if (stored.Holder is { } author) Verifiable(shard, stored.Record.Fingerprint, author);
        Advance();
        return true;
    }

    /// <summary>The shard was verified before.</summary>
    public void RestoreVerified(Shard shard)
    {
        _toVerify.Remove(shard.Index);
        _unverified.Remove(shard.Index);
        Advance();
    }

    /// <summary>Takes a lease that was given before; it gets its full time again.</summary>
    public void Restore(Lease lease, DateTimeOffset now)
    {
        if (lease.Work.Kind == WorkKind.Explore ? Tally.Has(lease.Work.Shard.Index) : lease.Work.Kind == WorkKind.Verify) return;
        Put(lease with { Expires = now + terms.Duration, Given = now });
        LastEpoch = Math.Max(LastEpoch, lease.Epoch);
    }

    /// <summary>Takes a finding that was worked up before.</summary>
    public void Restore(int cell, RawFinding raw, Finding finding)
    {
        _findings[new WorkItem(WorkKind.WorkUp, new Shard(-1, cell, -1, raw.LowestSeed, 0), raw).Key] = finding;
        Advance();
    }

    /// <summary>No further shard is begun: the time is over. What is under way still counts.</summary>
    public void CloseExploration()
    {
        _closed = true;
        Advance();
    }

    /// <summary>Work for a holder; null when there is none for it at present, or none at all any more.</summary>
    public Lease? Take(string holder, DateTimeOffset now)
    {
        Hear(holder, now);
        Tick(now);
        WorkItem? work = Phase switch
        {
            CampaignPhase.Exploring => NextVerification(holder) ?? NextShard(),
            CampaignPhase.WorkingUp => NextVerification(holder) ?? NextWorkUp(),
            _ => null,
        };
        if (work is null) return null;
        var lease = new Lease(work, ++LastEpoch, holder, now + terms.Duration)
        {
            Input = Tally.InputOf(work.Shard.Cell, work.Shard.FirstSeed),
            Given = _firstGiven.Remove(work.Key, out DateTimeOffset first) ? first : now,
        };
        Put(lease);
        return lease;
    }

    /// <summary>Shows progress on a lease. False when it is the holder's no more.</summary>
    public bool Renew(string key, long epoch, long progress, DateTimeOffset now)
    {
        if (!_leases.TryGetValue(key, out Lease? lease) || lease.Epoch != epoch) return false;
        if (progress > lease.Progress) _leases[key] = lease with { Progress = progress, Expires = now + terms.Duration };
        return true;
    }

    /// <summary>The lease under which a result would be taken, or null: for whoever must store the result first.</summary>
    public Lease? Held(string key, long epoch) => _leases.TryGetValue(key, out Lease? lease) && lease.Epoch == epoch ? lease : null;

    /// <summary>A result that came too late was turned away.</summary>
    public void CountRefused() => Refused++;

    /// <summary>The digest that a verification is compared with; null when none is under way.</summary>
    public ulong? FirstDigest(Shard shard) => _toVerify.TryGetValue(shard.Index, out var first) ? first.Digest : null;

    /// <summary>Takes the record of a shard.</summary>
    public ResultFate Complete(WorkItem work, long epoch, ShardRecord record)
    {
        if (work.Kind == WorkKind.Verify) return CompleteVerification(work, epoch, record);
        if (!Take(work.Key, epoch, out Lease? lease)) return Refuse();
        if (Tally.Has(work.Shard.Index)) return ResultFate.Same;
        Tally.Add(work.Shard.Index, record);
        _highest = Math.Max(_highest, work.Shard.Index);
        Verifiable(work.Shard, record.Fingerprint, lease!.Holder);
        Advance();
        return ResultFate.Accepted;
    }

    /// <summary>Takes a finding that was worked up.</summary>
    public ResultFate Complete(WorkItem work, long epoch, Finding finding)
    {
        if (!Take(work.Key, epoch, out _)) return Refuse();
        _findings.TryAdd(work.Key, finding);
        Advance();
        return ResultFate.Accepted;
    }

    /// <summary>
    /// Gives work back undone. A verification is dropped then: it is a sample, and what it needs (a checkpoint) may be gone.
    /// </summary>
    public bool Return(string key, long epoch)
    {
        if (!_leases.TryGetValue(key, out Lease? lease) || lease.Epoch != epoch) return false;
        if (lease.Work.Kind == WorkKind.Verify) _toVerify.Remove(lease.Work.Shard.Index);
        PutBack(lease);
        return true;
    }

    /// <summary>The shard of this key is in the ledger: a result for it is a retry.</summary>
    public bool IsDone(string key) =>
        key.StartsWith("x/", StringComparison.Ordinal) && long.TryParse(key.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out long index) && Tally.Has(index);

    /// <summary>Time went on: takes back what nobody made progress on. What was taken back.</summary>
    public IReadOnlyList<Lease> Tick(DateTimeOffset now)
    {
        List<Lease>? expired = null;
        foreach (Lease lease in _leases.Values)
            if (lease.Expires <= now) (expired ??= []).Add(lease);
        foreach (Lease lease in expired ?? []) PutBack(lease);
        if (Phase == CampaignPhase.WorkingUp && WorkedUp == _candidates.Count) DropLonely(now);
        return expired ?? [];
    }

    /// <summary>A holder called, whether or not it wants work.</summary>
    public void Hear(string holder, DateTimeOffset now)
    {
        // Each restart is another holder.
        if (_seen.Count >= MostHolders)
            foreach (string gone in _seen.Keys.Except(Holders(now)).ToArray()) _seen.Remove(gone);
        _seen[holder] = now;
    }

    /// <summary>Holders that called lately.</summary>
    public IEnumerable<string> Holders(DateTimeOffset now) => _seen.Where(s => s.Value > now - terms.Presence).Select(s => s.Key);

    /// <summary>Drops the verifications for which there is no second holder.</summary>
    private void DropLonely(DateTimeOffset now)
    {
        foreach (long index in _unverified.ToArray())
        {
            if (Holders(now).Any(h => h != _toVerify[index].Author)) continue;
            _unverified.Remove(index);
            _toVerify.Remove(index);
        }
        Advance();
    }

    private void Put(Lease lease)
    {
        if (_leases.Remove(lease.Work.Key, out Lease? former)) Forget(former);
        _leases[lease.Work.Key] = lease;
        if (lease.Work.Kind != WorkKind.Explore) return;
        _exploring++;
        _waiting.Remove(lease.Work.Shard.Index);
    }

    private bool Take(string key, long epoch, out Lease? lease)
    {
        if (!_leases.TryGetValue(key, out lease) || lease.Epoch != epoch) return false;
        _leases.Remove(key);
        Forget(lease);
        return true;
    }

    private void PutBack(Lease lease)
    {
        _leases.Remove(lease.Work.Key);
        Forget(lease);
        // A verification that was dropped is not given again.
        if (lease.Work.Kind != WorkKind.Verify || _toVerify.ContainsKey(lease.Work.Shard.Index))
        {
            Reissued++;
            _firstGiven[lease.Work.Key] = lease.Given;
            if (lease.Work.Kind == WorkKind.Explore && !Tally.Has(lease.Work.Shard.Index)) _waiting[lease.Work.Shard.Index] = lease.Work.Shard;
            if (lease.Work.Kind == WorkKind.Verify) _unverified.Add(lease.Work.Shard.Index);
        }
        Advance();
    }

    private void Forget(Lease lease)
    {
        if (lease.Work.Kind == WorkKind.Explore) _exploring--;
    }

    private ResultFate Refuse()
    {
        CountRefused();
        return ResultFate.Refused;
    }

    /// <summary>The lowest shard that is ready, nobody has and nobody did.</summary>
    private WorkItem? NextShard()
    {
        // When exploring is closed only gaps are filled: what was done beyond one must not be lost with it.
        long end = _closed ? _highest : long.MaxValue;
        foreach (Shard shard in _waiting.Values)
            if (shard.Index < end && plan.IsReady(shard, Tally)) return WorkItem.Explore(shard);
        // A shard that is not ready does not hold up the others, as long as no more wait than there are cells.
        while (_waiting.Count < plan.Cells.Count && _cursor - Tally.Prefix < terms.MaxAhead)
        {
            if (_cursor >= end || plan.At(_cursor) is not { } shard) return null;
            _cursor++;
            if (Tally.Has(shard.Index) || _leases.ContainsKey(WorkItem.Explore(shard).Key)) continue;
            if (plan.IsReady(shard, Tally)) return WorkItem.Explore(shard);
            _waiting[shard.Index] = shard;
        }
        return null;
    }

    private WorkItem? NextVerification(string holder)
    {
        foreach (long index in _unverified.ToArray())
        {
            var (shard, _, author) = _toVerify[index];
            // What its generation knew is kept for a while, not for ever: too late is as good as no second holder.
            bool forgotten = plan.Spec.HasGenerations && Tally.InputOf(shard.Cell, shard.FirstSeed) is null;
            if (!forgotten && author == holder) continue;
            _unverified.Remove(index);
            if (!forgotten) return WorkItem.Verify(shard);
            _toVerify.Remove(index);
        }
        return null;
    }

    private WorkItem? NextWorkUp()
    {
        foreach (Candidate candidate in _candidates)
        {
            WorkItem work = WorkItem.WorkUp(candidate);
            if (!_findings.ContainsKey(work.Key) && !_leases.ContainsKey(work.Key)) return work;
        }
        return null;
    }

    private ResultFate CompleteVerification(WorkItem work, long epoch, ShardRecord record)
    {
        if (!Take(work.Key, epoch, out _) || !_toVerify.Remove(work.Shard.Index, out var first)) return Refuse();
        Verified++;
        if (first.Digest != record.Fingerprint) VerifyMismatches++;
        Advance();
        return first.Digest == record.Fingerprint ? ResultFate.Accepted : ResultFate.Mismatch;
    }

    /// <summary>Puts a share of the shards up for a second holder: spread evenly over cells and time, the same whoever asks.</summary>
    private void Verifiable(Shard shard, ulong digest, string author)
    {
        if (terms.VerifyEvery <= 0 || Pcg.Mix((ulong)shard.Index + 0x5eed) % (ulong)terms.VerifyEvery != 0) return;
        _toVerify[shard.Index] = (shard, digest, author);
        _unverified.Add(shard.Index);
        if (_unverified.Count <= MostUnverified) return;
        long oldest = _unverified.Min;
        _unverified.Remove(oldest);
        _toVerify.Remove(oldest);
    }

    private void Advance()
    {
        if (Phase == CampaignPhase.Exploring && (Tally.Complete || _closed && _exploring == 0 && Tally.Ahead == 0))
        {
            Phase = CampaignPhase.WorkingUp;
            _waiting.Clear();
            _firstGiven.Clear();
            _candidates = FindingMerge.Candidates(Tally);
        }
        if (Phase != CampaignPhase.WorkingUp) return;
        WorkedUp = _candidates.Count(c => _findings.ContainsKey(WorkItem.WorkUp(c).Key));
        if (WorkedUp == _candidates.Count && _toVerify.Count == 0) Phase = CampaignPhase.Done;
    }
}
