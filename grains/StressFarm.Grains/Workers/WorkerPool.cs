using System.Globalization;
using StressFarm.Campaigns.Engines;
using StressFarm.Campaigns.Leases;
using StressFarm.Campaigns.Metrics;

namespace StressFarm.Grains.Workers;

/// <summary>
/// The silo's own threads for what costs CPU time: never Orleans' scheduler, so that control messages find a thread at once.
/// Campaigns share them by time. The queue is bounded by whoever fills it.
/// </summary>
internal sealed class WorkerPool : IDisposable
{
    private readonly FairQueue<SiloCampaign, Job> _queue = new();
    private readonly Thread[] _threads;
    private readonly Action<Job> _finished;
    private readonly WorkerInstruments _instruments;
    private int _busy;

    /// <param name="finished">called on the worker's thread, done or stopped</param>
    public WorkerPool(int threads, Action<Job> finished, WorkerInstruments instruments)
    {
        (_finished, _instruments) = (finished, instruments);
        instruments.Have(threads);
        _threads = new Thread[threads];
        for (int i = 0; i < threads; i++)
        {
            _threads[i] = new Thread(Work) { IsBackground = true, Name = string.Create(CultureInfo.InvariantCulture, $"worker {i}") };
            _threads[i].Start();
        }
    }

    public int Threads => _threads.Length;
    public int Busy => Volatile.Read(ref _busy);
    /// <summary>Jobs that wait for a thread.</summary>
    public int Queued => _queue.Count;

    public void Add(Job job) => _queue.Add(job.Campaign, job, job.Likely);

    /// <summary>A campaign is over: nothing of it waits.</summary>
    public void Forget(SiloCampaign campaign) => _queue.Forget(campaign);

    public void Dispose()
    {
        _queue.Complete();
        foreach (Thread thread in _threads) thread.Join(TimeSpan.FromSeconds(1));
    }

    private void Work()
    {
        // A machine has megabytes of simulated memory: each thread keeps the one it used last.
        LocalEngine? engine = null;
        ICampaignWorker? worker = null;
        while (_queue.Take(out Job job))
        {
            Interlocked.Increment(ref _busy);
            if (!ReferenceEquals(engine, job.Campaign.Engine)) (engine, worker) = (job.Campaign.Engine, job.Campaign.Engine.CreateWorker());
            long begun = _instruments.Begin();
            job.Run(worker!);
            _instruments.End(begun);
            Interlocked.Decrement(ref _busy);
            _queue.Correct(job.Campaign, job.Seconds - job.Likely);
            _finished(job);
        }
    }
}
