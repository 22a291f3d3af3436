using StressFarm.Exploration;
using StressFarm.Exploration.Canaries;
using StressFarm.Exploration.Evidence;
using StressFarm.Exploration.Feedback;
using StressFarm.Exploration.Records;
using StressFarm.Exploration.Shards;
using StressFarm.Exploration.Soak;

namespace StressFarm.Campaigns.Engines;

/// <summary>Explores on this machine.</summary>
public sealed class LocalEngine(Geometry geometry) : ICampaignEngine
{
    public ICampaignWorker CreateWorker() => new Worker(geometry);

    private sealed class Worker(Geometry geometry) : ICampaignWorker
    {
        private readonly ShardExecutor _executor = new(geometry);
        private SoakExecutor? _soak;
        private volatile bool _onSoak;
        private CanaryRunner? _canaries;
        private readonly FindingWorkup _workup = new(geometry);

        public long Done => _onSoak ? _soak!.Done : _executor.Done;

        public ShardRecord Run(Cell cell, ulong firstSeed, int count, GenerationInput? input, CancellationToken cancellation)
        {
            _onSoak = false;
            return _executor.Run(cell, firstSeed, count, input, cancellation);
        }

        public CanaryRecord RunCanary(CanaryOrder order, CancellationToken cancellation)
        {
            _canaries ??= new(geometry, _executor);
            return _canaries.Run(order, cancellation);
        }

        public Finding WorkUp(Cell cell, RawFinding raw, GenerationInput? input, CancellationToken cancellation) =>
            _workup.Work(cell, raw, input, cancellation);

        public (ShardRecord Record, Checkpoint Next) RunEpoch(SoakSection section, long epoch, Checkpoint? before, CancellationToken cancellation)
        {
            _soak ??= new(geometry, _executor);
            _onSoak = true;
            return _soak.Run(section, epoch, before, cancellation);
        }

        public Finding WorkUp(SoakSection section, RawFinding raw, Checkpoint? before, CancellationToken cancellation) =>
            _workup.Work(section, raw, before, cancellation);
    }
}
