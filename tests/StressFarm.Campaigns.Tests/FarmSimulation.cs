using System.Text.Json;

namespace StressFarm.Campaigns.Tests;

/// <summary>
/// A farm in one thread under a clock that moves by hand: silos that lease, work, stall past their leases, die with their
/// work, send results twice and out of order, and a campaign whose activation dies or is there twice, over a store that fails
/// before and after it wrote. Everything is drawn from one seed.
/// </summary>
internal sealed class FarmSimulation(CampaignSpec spec, string request, ulong seed, MemoryFarmStore store, LeaseTerms terms)
{
    private sealed class Silo(string name, FakeEngine engine, CampaignPlan plan)
    {
        public readonly WorkRunner Runner = new(plan, engine);
        public string Name = name;
        public readonly ICampaignWorker Worker = engine.CreateWorker();
        public readonly List<Lease> Leases = [];
        public readonly List<WorkReturn> Results = [];
        public int StalledUntil;
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
        public override DateTimeOffset GetUtcNow() => Now;
        public override long TimestampFrequency => TimeSpan.TicksPerSecond;
        public override long GetTimestamp() => Now.UtcTicks;
    }

    private readonly Clock _clock = new();
    private readonly CampaignPlan _plan = new(spec);
    private readonly List<Silo> _silos = [];
    private Pcg _random = new(seed, stream: 9);
    private FarmCampaign? _campaign;
    private FarmCampaign? _former;

    /// <summary>Engines of the silos, in turn; one with a salt computes wrongly.</summary>
    public IReadOnlyList<FakeEngine> Engines { get; init; } = [new FakeEngine()];
    /// <summary>One event in so many goes wrong; 0 for a calm farm.</summary>
    public int TroubleOneIn { get; init; } = 6;
    public int Kills { get; private set; }
    public int StaleActivations { get; private set; }
    public int Refused { get; private set; }

    public string Id => CampaignEntry.IdOf(spec);

    /// <summary>Runs until the campaign is over.</summary>
    public async Task<CampaignEntry> Run(int silos = 3, int mostEvents = 200_000)
    {
        await store.Submit(new(Id, "", request, spec.Canonical, spec.Hash, null, CampaignState.Running, "", _clock.Now, null, 0), 1, default);
        for (int i = 0; i < silos; i++) _silos.Add(new($"silo-{i}", Engines[i % Engines.Count], _plan));
        for (int time = 0; time < mostEvents; time++)
        {
            _clock.Now += TimeSpan.FromMilliseconds(200);
            if (!(await store.Find(Id, default))!.Active) break;
            Silo silo = _silos[_random.Below(_silos.Count)];
            if (silo.StalledUntil > time) continue;
            if (TroubleOneIn > 0 && _random.OneIn(TroubleOneIn)) Trouble(silo, time);
            else if (silo.Leases.Count > 0 && !_random.OneIn(3)) Work(silo);
            else await Talk(silo);
        }
        return (await store.Find(Id, default))!;
    }

    public async Task<LedgerAudit> Audit(long planned)
    {
        var lines = new List<StoredShard>();
        await foreach (StoredShard line in store.Shards(Id, default)) lines.Add(line);
        return LedgerAudit.Of(_plan, planned, lines);
    }

    private void Trouble(Silo silo, int time)
    {
        switch (_random.Below(5))
        {
            case 0:
                // SIGKILL: its work is gone, and another incarnation comes up.
                silo.Leases.Clear();
                silo.Results.Clear();
                silo.Name += "'";
                Kills++;
                break;
            case 1:
                // SIGSTOP, for a while or past its leases; then it goes on as if nothing had happened.
                silo.StalledUntil = time + _random.Below(400);
                break;
            case 2:
                // The campaign's silo dies; whoever asks next activates it elsewhere.
                _campaign = null;
                break;
            case 3:
                // The same, but the former activation does not know and will be asked once more.
                (_former, _campaign) = (_campaign, null);
                break;
            default:
                // A result is sent twice.
                if (silo.Results.Count > 0) silo.Results.Add(silo.Results[_random.Below(silo.Results.Count)]);
                break;
        }
    }

    private void Work(Silo silo)
    {
        Lease lease = silo.Leases[_random.Below(silo.Leases.Count)];
        silo.Leases.Remove(lease);
        Shard shard = lease.Work.Shard;
        Cell cell = _plan.Cells[shard.Cell].Cell;
        byte[] record = lease.Work.Kind == WorkKind.WorkUp
            ? JsonSerializer.SerializeToUtf8Bytes(silo.Worker.WorkUp(cell, lease.Work.Raw!, lease.Input, default))
            : JsonSerializer.SerializeToUtf8Bytes(silo.Runner.Run(silo.Worker, shard, lease.Input, default));
        silo.Results.Add(new(lease.Work.Key, lease.Epoch, record, null));
    }

    private async Task Talk(Silo silo)
    {
        FarmCampaign? spokenTo = null;
        try
        {
            if (_former is not null && _random.OneIn(2)) (spokenTo, _former) = (_former, null);
            else spokenTo = _campaign ??= await FarmCampaign.Open(store, (await store.Find(Id, default))!, terms, _clock, default);
            Lease[] back = _random.OneIn(8) ? [.. silo.Leases] : [];
            ExchangeAnswer answer = await spokenTo.Exchange(new(silo.Name, _random.Below(5), [.. silo.Results],
                [.. silo.Leases.Except(back).Select(l => new LeaseProgress(l.Work.Key, l.Epoch, _random.Below(8)))],
                [.. back.Select(l => new LeaseProgress(l.Work.Key, l.Epoch, 0))]), default);
            Refused += answer.Fates.Count(f => f == ResultFate.Refused);
            silo.Results.Clear();
            silo.Leases.RemoveAll(l => back.Contains(l) || answer.Lost.Contains(l.Work.Key));
            silo.Leases.AddRange(answer.Leases);
        }
        catch (StoreException)
        {
            // The silo keeps its results and sends them again; the activation is dropped.
            _campaign = null;
        }
        catch (StaleTermException)
        {
            StaleActivations++;
            if (ReferenceEquals(spokenTo, _campaign)) _campaign = null;
        }
    }
}
