using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Metrics;

namespace StressFarm.Grains.Workers;

/// <summary>
/// A silo's workers. One loop talks to the campaigns, threads of its own run the shards.
/// </summary>
/// <remarks>
/// <para>
/// The loop asks the directory once a second which campaigns want work, and then keeps about a second's worth of leases of
/// them: results, progress and new leases of a campaign travel in one call, a few calls a second however short the shards are.
/// </para>
/// <para>
/// What a call did not deliver is sent again until the campaign answers; how much may wait is bounded, because a result that
/// waits takes the place of a lease. When the silo stops, shards under way are left at their next schedule and every lease is
/// handed back, so that the others have the work within seconds; a silo that is killed gives it back by expiry.
/// </para>
/// </remarks>
public sealed class WorkerService(IGrainFactory grains, IOptions<FarmOptions> options, ILocalSiloDetails silo, RunInstruments instruments, SiloInstruments siloInstruments, TimeProvider clock, IHostApplicationLifetime lifetime, ILogger<WorkerService> log)
    : BackgroundService
{
    private static readonly TimeSpan s_pulse = TimeSpan.FromMilliseconds(250), s_hello = TimeSpan.FromSeconds(1), s_longestPause = TimeSpan.FromSeconds(5);

    private readonly string _holder = $"{silo.Name}/{silo.SiloAddress.ToParsableString()}";
    private readonly ConcurrentQueue<Job> _done = new();
    private readonly SemaphoreSlim _signal = new(0);
    private readonly Dictionary<string, Desk> _desks = new(StringComparer.Ordinal);
    private readonly HashSet<string> _unworkable = new(StringComparer.Ordinal);
    private readonly StepRate _rate = new(clock);
    private WorkerPool? _pool;
    private DateTimeOffset _nextHello;
    private bool _draining;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Not when its turn to stop comes: before it the API's does, which waits for whoever is still reading.
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, lifetime.ApplicationStopping);
        using var pool = new WorkerPool(options.Value.WorkerThreads, Finished, instruments.Workers);
        _pool = pool;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                // A call that is under way is let finish: the leases it brings are to be handed back.
                await Round();
                await _signal.WaitAsync(s_pulse, stopping.Token);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e)
            {
                WorkerLog.RoundFailed(log, e.GetType().Name, e.Message);
                await Task.Delay(s_pulse, CancellationToken.None);
            }
        }
        await Drain();
    }

    /// <summary>On a worker's thread.</summary>
    private void Finished(Job job)
    {
        _done.Enqueue(job);
        _signal.Release();
    }

    private async Task Round()
    {
        Collect();
        // Before anybody is called: that nobody answers is when it matters what waits.
        ShowWaiting();
        DateTimeOffset now = clock.GetUtcNow();
        if (now >= _nextHello) await Hello(now);
        Desk[] due = [.. _desks.Values.Where(d => IsDue(d, now))];
        if (due.Length > 0) await Task.WhenAll(due.Select(d => Exchange(d, due.Length, CancellationToken.None)));
        foreach (Desk over in _desks.Values.Where(d => d.Over && d.Open.Count + d.Finished.Count + d.Returned.Count == 0).ToArray()) _desks.Remove(over.Id);
    }

    private void ShowWaiting() => siloInstruments.Waiting(_pool!.Queued, _desks.Values.Sum(d => d.Finished.Count));

    /// <summary>Takes finished jobs from the threads.</summary>
    private void Collect()
    {
        while (_done.TryDequeue(out Job? job))
        {
            if (job.Desk.Open.GetValueOrDefault(job.Lease.Key) == job) job.Desk.Open.Remove(job.Lease.Key);
            if (job.Result is null)
            {
                if (job.Returned) job.Desk.Returned.Add(job);
                else job.Dispose();
                continue;
            }
            job.Desk.Finished.Add(job);
            job.Desk.Times.Took(job.Kind, job.Seconds);
            _rate.Add(job.Record?.Steps ?? 0);
            instruments.Work.Took(job.Kind, job.Seconds);
        }
    }

    private async Task Hello(DateTimeOffset now)
    {
        _nextHello = now + s_hello;
        var heartbeat = new Heartbeat(_holder, silo.Name, _pool!.Threads, _pool.Busy, _rate.PerSecond(), _draining);
        using CancellationTokenSource deadline = Deadline(CancellationToken.None);
        IReadOnlyList<string> running = await grains.GetGrain<IFarmGrain>(IFarmGrain.Key).Hello(heartbeat, deadline.Token);
        foreach (string id in running.Where(id => !_desks.ContainsKey(id) && !_unworkable.Contains(id)))
        {
            try
            {
                if (await Describe(id, deadline.Token) is { } desk)
                {
                    _desks.Add(id, desk);
                    instruments.Work.Show(desk.Plan);
                }
            }
            catch (Exception e)
            {
                // One campaign that does not answer must not keep the others from being worked on.
                WorkerLog.ExchangeFailed(log, id, e.GetType().Name, e.Message);
            }
        }
        // Paused, cancelled or done elsewhere: what is under way is delivered, and then the desk is cleared.
        foreach (Desk desk in _desks.Values) desk.Over = !running.Contains(desk.Id) && desk.Finished.Count == 0;
    }

    private async Task<Desk?> Describe(string id, CancellationToken cancellation)
    {
        if (await grains.GetGrain<ICampaignGrain>(id).Describe(cancellation) is not { Running: true } brief) return null;
        try
        {
            CampaignSpec spec = SpecBuilder.Build(SpecFile.Parse(brief.Request, id), FarmDefaults.Spec).Spec;
            if (spec.Hash == brief.Hash) return new Desk(id, new CampaignPlan(spec), new SectionClient(grains, id, options.Value.CallTimeout), new GenerationInputs(grains, id, options.Value.CallTimeout));
            WorkerLog.OtherBuild(log, id);
        }
        catch (SpecException e)
        {
            WorkerLog.Unreadable(log, id, e.Message);
        }
        _unworkable.Add(id);
        return null;
    }

    private bool IsDue(Desk desk, DateTimeOffset now)
    {
        if (now < desk.Next) return false;
        if (desk.Finished.Count + desk.Returned.Count > 0 && now - desk.Spoken >= s_pulse) return true;
        if (!desk.Over && Fill() < 0.5) return true;
        return desk.Open.Count > 0 && now - desk.Spoken >= Interval;
    }

    /// <summary>How often a campaign hears of work that takes long: well within a lease, and often enough to count as there.</summary>
    private TimeSpan Interval => options.Value.LeaseDuration / 4 < s_longestPause ? options.Value.LeaseDuration / 4 : s_longestPause;

    /// <summary>How far the leases here keep the threads busy: 1 for about a second. What waits to be delivered takes the place of a lease.</summary>
    private double Fill() => _desks.Values.Sum(d => d.Times.Fill(d.Open.Values.Concat(d.Finished).Select(j => j.Kind), _pool!.Threads));

    /// <param name="campaigns">how many are asked at this time; 0, and no work is wanted</param>
    private async Task Exchange(Desk desk, int campaigns, CancellationToken cancellation)
    {
        int Room(WorkKind kind) => _draining || desk.Over || campaigns == 0 ? 0 : desk.Times.Room(kind, _pool!.Threads, Fill(), campaigns);
        Job[] delivered = [.. desk.Finished];
        Job[] open = [.. desk.Open.Values], returned = [.. desk.Returned];
        var request = new ExchangeRequest(_holder, Room(WorkKind.Explore), [.. delivered.Select(j => j.Result!)],
            _draining ? [] : [.. open.Select(j => j.Progress)], [.. (_draining ? returned.Concat(open) : returned).Select(j => j.Progress)], Room(WorkKind.WorkUp));
        DateTimeOffset now = clock.GetUtcNow();
        desk.Spoken = now;
        try
        {
            using CancellationTokenSource deadline = Deadline(cancellation);
            ExchangeReply reply = await grains.GetGrain<ICampaignGrain>(desk.Id).Exchange(request, deadline.Token);
            desk.Failures = 0;
            desk.Returned.RemoveAll(returned.Contains);
            Settle(desk, delivered, reply);
            // Nothing to do there: the others' results may change that, but not at once.
            desk.Next = reply.Leases.Count == 0 && delivered.Length == 0 ? now + 2 * s_pulse : default;
            if (!reply.Over) return;
            desk.Over = true;
            foreach (Job job in desk.Open.Values) job.Stop();
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            foreach (Job job in delivered) job.Unanswered = true;
            desk.Failures++;
            TimeSpan pause = s_pulse * Math.Pow(2, Math.Min(desk.Failures, 6));
            desk.Next = now + (pause < s_longestPause ? pause : s_longestPause);
            WorkerLog.ExchangeFailed(log, desk.Id, e.GetType().Name, e.Message);
        }
    }

    private void Settle(Desk desk, Job[] delivered, ExchangeReply reply)
    {
        for (int i = 0; i < delivered.Length; i++)
        {
            Job job = delivered[i];
            instruments.Settled(desk.Plan, job.Shard, job.Kind, job.Record, job.Finding, (ResultFate)reply.Fates[i], job.SinceBegun, job.Unanswered);
            desk.Finished.Remove(job);
            job.Dispose();
        }
        foreach (string key in reply.Lost)
            if (desk.Open.TryGetValue(key, out Job? lost)) lost.Stop();
        foreach (WorkLease lease in reply.Leases)
        {
            var next = new Job(desk, lease);
            // The same work again, lost and leased anew: the old job ends by itself and is not delivered.
            if (desk.Open.TryGetValue(lease.Key, out Job? former)) former.Stop();
            desk.Open[lease.Key] = next;
            _pool!.Add(next);
        }
    }

    private async Task Drain()
    {
        _draining = true;
        siloInstruments.Drains();
        foreach (Job job in _desks.Values.SelectMany(d => d.Open.Values)) job.Stop();
        using var deadline = new CancellationTokenSource(options.Value.DrainTimeout);
        Collect();
        try
        {
            await Task.WhenAll(_desks.Values.Select(d => Exchange(d, 0, deadline.Token)));
        }
        catch (OperationCanceledException)
        {
            // Nobody answers: the leases expire.
        }
        WorkerLog.Drained(log, _desks.Values.Sum(d => d.Finished.Count));
    }

    private CancellationTokenSource Deadline(CancellationToken cancellation)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        source.CancelAfter(options.Value.CallTimeout);
        return source;
    }
}

internal static partial class WorkerLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "workers: {Kind}: {Reason}")]
    public static partial void RoundFailed(ILogger log, string kind, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "campaign {Id} does not answer, its results are kept: {Kind}: {Reason}")]
    public static partial void ExchangeFailed(ILogger log, string id, string kind, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "campaign {Id} was begun by a build for which its spec reads otherwise: this silo does not work on it")]
    public static partial void OtherBuild(ILogger log, string id);

    [LoggerMessage(Level = LogLevel.Warning, Message = "campaign {Id}: this build cannot read its spec: {Reason}")]
    public static partial void Unreadable(ILogger log, string id, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "workers drained; {Undelivered} results could not be delivered and will be done again")]
    public static partial void Drained(ILogger log, int undelivered);
}
