using StressFarm.Exploration;
using StressFarm.Exploration.Canaries;
using StressFarm.Exploration.Evidence;
using StressFarm.Exploration.Exhaustive;
using StressFarm.Exploration.Feedback;
using StressFarm.Exploration.Records;
using StressFarm.Exploration.Shards;
using StressFarm.Exploration.Soak;

namespace StressFarm.Campaigns.Engines;

/// <summary>Explores on this machine.</summary>
public sealed class LocalEngine(Geometry geometry) : ICampaignEngine
{
    /// <summary>Machines of this process keep what searches need.</summary>
    public static bool CanSearch => StepLog.IsKept;

    public ICampaignWorker CreateWorker() => new Worker(geometry);

    private sealed class Worker(Geometry geometry) : ICampaignWorker
    {
        private readonly ShardExecutor _executor = new(geometry);
        private SoakExecutor? _soak;
        private SearchExecutor? _searches;
        /// <summary>Of what is under way: how far it is.</summary>
        private volatile Func<long>? _done;
        private CanaryRunner? _canaries;
        private readonly FindingWorkup _workup = new(geometry);
        private SearchWorkup? _searchWorkup;

        public long Done => _done?.Invoke() ?? 0;

        public ShardRecord Run(Cell cell, ulong firstSeed, int count, GenerationInput? input, CancellationToken cancellation)
        {
            if (cell.Search is not null) return Searches().Run(cell, firstSeed, count, cancellation);
            _done = () => _executor.Done;
            return _executor.Run(cell, firstSeed, count, input, cancellation);
        }

        public CanaryRecord RunCanary(CanaryOrder order, CancellationToken cancellation)
        {
            _canaries ??= new(geometry, _executor);
            return _canaries.Run(order, cancellation);
        }

        public Finding WorkUp(Cell cell, RawFinding raw, GenerationInput? input, CancellationToken cancellation)
        {
            if (cell.Search is null) return _workup.Work(cell, raw, input, cancellation);
            SearchExecutor searches = Searches();
            return (_searchWorkup ??= new(searches)).Work(cell, raw, cancellation);
        }

        private SearchExecutor Searches()
        {
            SearchExecutor searches = _searches ??= new();
            _done = () => searches.Done;
            return searches;
        }

        public (ShardRecord Record, Checkpoint Next) RunEpoch(SoakSection section, long epoch, Checkpoint? before, CancellationToken cancellation)
        {
            SoakExecutor soak = _soak ??= new(geometry, _executor);
            _done = () => soak.Done;
            return soak.Run(section, epoch, before, cancellation);
        }

        public Finding WorkUp(SoakSection section, RawFinding raw, Checkpoint? before, CancellationToken cancellation) =>
            _workup.Work(section, raw, before, cancellation);
    }
}
