using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Engines;
using StressFarm.Campaigns.Farm;
using StressFarm.Campaigns.Leases;
using StressFarm.Campaigns.Metrics;
using StressFarm.Campaigns.Plans;
using StressFarm.Campaigns.Specs;

namespace StressFarm.Grains.Workers;

/// <summary>
/// A silo's workers. One loop talks to the campaigns, threads of its own run the shards.
/// </summary>
/// <remarks>
/// <para>
/// The loop asks the directory once a second which campaigns want work, and then keeps about a second's worth of leases of
/// them (<see cref="WorkShares"/>): results, progress and new leases of a campaign travel in one call, a few calls a second however short
/// the shards are. It waits for no call: a campaign that does not answer holds up itself alone.
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
    private static readonly TimeSpan s_pulse = TimeSpan.FromMilliseconds(250), s_least = TimeSpan.FromMilliseconds(50), s_hello = TimeSpan.FromSeconds(1), s_longestPause = TimeSpan.FromSeconds(5);

    private readonly string _holder = $"{silo.Name}/{silo.SiloAddress.ToParsableString()}";
    private readonly ConcurrentQueue<Job> _done = new();
    private readonly SemaphoreSlim _signal = new(0);
    private readonly Dictionary<string, SiloCampaign> _campaigns = new(StringComparer.Ordinal);
    private readonly HashSet<string> _unworkable = new(StringComparer.Ordinal);
    private readonly StepRate _rate = new(clock);
    private WorkerPool? _pool;
    private Task<Directory>? _hello;
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
                Round();
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

    private void Round()
    {
        Collect();
        // Before anybody is called: that nobody answers is when it matters what waits.
        ShowWaiting();
        foreach (SiloCampaign campaign in _campaigns.Values.Where(c => c.Call is { Reply.IsCompleted: true })) Settle(campaign);
        DateTimeOffset now = clock.GetUtcNow();
        Greet(now);
        Ask(now);
        foreach (SiloCampaign over in _campaigns.Values.Where(c => c.IsCleared).ToArray())
        {
            _campaigns.Remove(over.Id);
            _pool!.Forget(over);
        }
    }

    private void ShowWaiting() => siloInstruments.Waiting(_pool!.Queued, _campaigns.Values.Sum(c => c.Finished.Count));

    /// <summary>Takes finished jobs from the threads.</summary>
    private void Collect()
    {
        while (_done.TryDequeue(out Job? job))
        {
            if (job.Campaign.Open.GetValueOrDefault(job.Lease.Key) == job) job.Campaign.Open.Remove(job.Lease.Key);
            if (job.Result is null)
            {
                if (job.Returned) job.Campaign.Returned.Add(job);
                else job.Dispose();
                continue;
            }
            job.Campaign.Finished.Add(job);
            job.Campaign.Times.Took(job.Kind, job.Seconds);
            _rate.Add(job.Record?.Steps ?? 0);
            instruments.Work.Took(job.Kind, job.Seconds);
        }
    }

    /// <summary>What the farm's directory said: the campaigns that run, those of them that are new here, and those this build cannot work on.</summary>
    private sealed record Directory(IReadOnlyList<string> Running, List<SiloCampaign> Fresh, List<string> Unworkable);

    /// <summary>Takes the directory's answer, and asks it again once a second.</summary>
    private void Greet(DateTimeOffset now)
    {
        if (_hello is { IsCompleted: true } answer)
        {
            _hello = null;
            if (answer.IsCompletedSuccessfully) Take(answer.Result);
            else WorkerLog.RoundFailed(log, Cause(answer).GetType().Name, Cause(answer).Message);
        }
        if (_hello is not null || now < _nextHello) return;
        _nextHello = now + s_hello;
        _hello = Signalling(Hello([.. _campaigns.Keys, .. _unworkable]));
    }

    private void Take(Directory directory)
    {
        foreach (SiloCampaign campaign in directory.Fresh.Where(c => _campaigns.TryAdd(c.Id, c))) instruments.Work.Show(campaign.Plan);
        _unworkable.UnionWith(directory.Unworkable);
        // Paused, cancelled or done elsewhere: what is under way is delivered, and then the campaign is cleared.
        foreach (SiloCampaign campaign in _campaigns.Values) campaign.Over = !directory.Running.Contains(campaign.Id) && campaign.Finished.Count == 0;
    }

    private async Task<Directory> Hello(HashSet<string> known)
    {
        var heartbeat = new Heartbeat(_holder, silo.Name, _pool!.Threads, _pool.Busy, _rate.PerSecond(), _draining);
        using CancellationTokenSource deadline = Deadline(CancellationToken.None);
        var directory = new Directory(await grains.GetGrain<IFarmGrain>(IFarmGrain.Key).Hello(heartbeat, deadline.Token), [], []);
        foreach (string id in directory.Running.Where(id => !known.Contains(id)))
        {
            try
            {
                await Describe(id, directory, deadline.Token);
            }
            catch (Exception e)
            {
                // One campaign that does not answer must not keep the others from being worked on.
                WorkerLog.ExchangeFailed(log, id, e.GetType().Name, e.Message);
            }
        }
        return directory;
    }

    private async Task Describe(string id, Directory directory, CancellationToken cancellation)
    {
        if (await grains.GetGrain<ICampaignGrain>(id).Describe(cancellation) is not { Running: true } brief) return;
        try
        {
            CampaignSpec spec = SpecBuilder.Build(SpecFile.Parse(brief.Request, id), FarmDefaults.Spec).Spec;
            if (spec.Exhaust is not null && !LocalEngine.CanSearch) WorkerLog.DoesNotSearch(log, id);
            else if (spec.Hash == brief.Hash)
            {
                directory.Fresh.Add(new(id, new CampaignPlan(spec), new SectionClient(grains, id, options.Value.CallTimeout), new GenerationInputs(grains, id, options.Value.CallTimeout)));
                return;
            }
            else WorkerLog.OtherBuild(log, id);
        }
        catch (SpecException e)
        {
            WorkerLog.Unreadable(log, id, e.Message);
        }
        directory.Unworkable.Add(id);
    }

    /// <summary>Calls the campaigns that are to be told or asked something.</summary>
    private void Ask(DateTimeOffset now)
    {
        SiloCampaign[] campaigns = [.. _campaigns.Values.Where(c => !c.Over)];
        // Threads that will soon have nothing to do are worth a call sooner.
        TimeSpan least = _pool!.Queued < _pool.Threads ? TimeSpan.Zero : s_least;
        bool[] askable = [.. campaigns.Select(c => c.IsAskable(now))];
        WorkWanted[] wanted = WorkShares.Of(_pool.Threads, [.. campaigns.Select(c => c.Held())], askable);
        for (int i = 0; i < campaigns.Length; i++)
            if (askable[i] && (IsDue(campaigns[i], now) || wanted[i].Urgent && now - campaigns[i].Spoken >= least)) Exchange(campaigns[i], wanted[i], CancellationToken.None);
        foreach (SiloCampaign over in _campaigns.Values.Where(c => c.Over && c.IsAskable(now) && IsDue(c, now))) Exchange(over, default, CancellationToken.None);
    }

    /// <summary>It is to be told something, whether or not more is wanted of it.</summary>
    private bool IsDue(SiloCampaign campaign, DateTimeOffset now) =>
        campaign.Finished.Count + campaign.Returned.Count > 0 && now - campaign.Spoken >= s_pulse || campaign.Open.Count > 0 && now - campaign.Spoken >= Interval;

    /// <summary>How often a campaign hears of work that takes long: well within a lease, and often enough to count as there.</summary>
    private TimeSpan Interval => options.Value.LeaseDuration / 4 < s_longestPause ? options.Value.LeaseDuration / 4 : s_longestPause;

    private void Exchange(SiloCampaign campaign, WorkWanted wanted, CancellationToken cancellation)
    {
        Job[] delivered = [.. campaign.Finished], open = [.. campaign.Open.Values], returned = [.. campaign.Returned];
        var request = new ExchangeRequest(_holder, wanted.Shards, [.. delivered.Select(j => j.Result!)],
            _draining ? [] : [.. open.Select(j => j.Progress)], [.. (_draining ? returned.Concat(open) : returned).Select(j => j.Progress)], wanted.WorkUps);
        campaign.Spoken = clock.GetUtcNow();
        campaign.Call = new(Signalling(Call(campaign.Id, request, cancellation)), delivered, returned, campaign.Spoken);
    }

    private async Task<ExchangeReply> Call(string id, ExchangeRequest request, CancellationToken cancellation)
    {
        using CancellationTokenSource deadline = Deadline(cancellation);
        return await grains.GetGrain<ICampaignGrain>(id).Exchange(request, deadline.Token);
    }

    /// <summary>The loop looks again when the task is over, however it ends.</summary>
    private Task<T> Signalling<T>(Task<T> task)
    {
        task.ContinueWith(_ => _signal.Release(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return task;
    }

    private static Exception Cause(Task failed) => failed.Exception?.GetBaseException() ?? new TaskCanceledException(failed);

    /// <summary>A campaign has answered, or will not.</summary>
    private void Settle(SiloCampaign campaign)
    {
        SiloCampaignCall call = campaign.Call!;
        campaign.Call = null;
        if (call.Reply.IsCompletedSuccessfully)
        {
            ExchangeReply reply = call.Reply.Result;
            campaign.Failures = 0;
            campaign.Returned.RemoveAll(call.Returned.Contains);
            Settle(campaign, call.Delivered, reply);
            // Nothing to do there: the others' results may change that, but not at once.
            campaign.Next = reply.Leases.Count == 0 && call.Delivered.Length == 0 ? call.Sent + 2 * s_pulse : default;
            if (!reply.Over) return;
            campaign.Over = true;
            foreach (Job job in campaign.Open.Values) job.Stop();
            return;
        }
        foreach (Job job in call.Delivered) job.Unanswered = true;
        campaign.Failures++;
        TimeSpan pause = s_pulse * Math.Pow(2, Math.Min(campaign.Failures, 6));
        campaign.Next = clock.GetUtcNow() + (pause < s_longestPause ? pause : s_longestPause);
        WorkerLog.ExchangeFailed(log, campaign.Id, Cause(call.Reply).GetType().Name, Cause(call.Reply).Message);
    }

    private void Settle(SiloCampaign campaign, Job[] delivered, ExchangeReply reply)
    {
        for (int i = 0; i < delivered.Length; i++)
        {
            Job job = delivered[i];
            instruments.Settled(campaign.Plan, job.Shard, job.Kind, job.Record, job.Finding, (ResultFate)reply.Fates[i], job.SinceBegun, job.Unanswered);
            campaign.Finished.Remove(job);
            job.Dispose();
        }
        foreach (string key in reply.Lost)
            if (campaign.Open.TryGetValue(key, out Job? lost)) lost.Stop();
        foreach (WorkLease lease in reply.Leases)
        {
            var next = new Job(campaign, lease);
            // The same work again, lost and leased anew: the old job ends by itself and is not delivered.
            if (campaign.Open.TryGetValue(lease.Key, out Job? former)) former.Stop();
            campaign.Open[lease.Key] = next;
            _pool!.Add(next);
        }
    }

    private async Task Drain()
    {
        _draining = true;
        siloInstruments.Drains();
        StopAll();
        using var deadline = new CancellationTokenSource(options.Value.DrainTimeout);
        Task hello = Hello([.. _campaigns.Keys, .. _unworkable]);
        // A call that is under way is let finish: the leases it brings are to be handed back, too.
        await Calls(deadline.Token);
        StopAll();
        Collect();
        foreach (SiloCampaign campaign in _campaigns.Values.Where(c => c.Call is null)) Exchange(campaign, default, deadline.Token);
        await Calls(deadline.Token);
        await Task.WhenAny(hello, Task.Delay(Timeout.Infinite, deadline.Token));
        ShowWaiting();
        WorkerLog.Drained(log, _campaigns.Values.Sum(c => c.Finished.Count));
    }

    private void StopAll()
    {
        foreach (Job job in _campaigns.Values.SelectMany(c => c.Open.Values)) job.Stop();
    }

    /// <summary>Waits for the calls that are under way, and settles those that ended in time; the leases of the others expire.</summary>
    private async Task Calls(CancellationToken deadline)
    {
        await Task.WhenAny(Task.WhenAll(_campaigns.Values.Select(c => c.Call?.Reply ?? Task.CompletedTask)), Task.Delay(Timeout.Infinite, deadline));
        foreach (SiloCampaign campaign in _campaigns.Values.Where(c => c.Call is { Reply.IsCompleted: true })) Settle(campaign);
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

    [LoggerMessage(Level = LogLevel.Information, Message = "campaign {Id} runs every interleaving, which this silo does not (Search=off): others work on it")]
    public static partial void DoesNotSearch(ILogger log, string id);

    [LoggerMessage(Level = LogLevel.Warning, Message = "campaign {Id}: this build cannot read its spec: {Reason}")]
    public static partial void Unreadable(ILogger log, string id, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "workers drained; {Undelivered} results could not be delivered and will be done again")]
    public static partial void Drained(ILogger log, int undelivered);
}
