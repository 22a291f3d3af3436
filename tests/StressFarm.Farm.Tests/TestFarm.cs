using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using StressFarm.Silo.Stores;
using StressFarm.Silo.Tests;

namespace StressFarm.Farm.Tests;

/// <summary>Silos of one cluster on a real PostgreSQL, and a client that asks whichever silo answers.</summary>
internal sealed class TestFarm : IDisposable
{
    private static readonly TimeSpan s_call = TimeSpan.FromSeconds(10);
    private readonly HttpClient _http = new() { Timeout = s_call };

    private TestFarm(string postgres, IEnumerable<SiloProcess> silos) => (Postgres, Silos) = (postgres, [.. silos]);

    public string Postgres { get; }
    public IReadOnlyList<SiloProcess> Silos { get; }

    /// <summary>Starts a farm on a database of its own.</summary>
    /// <param name="leaseSeconds">short, so that work is given again soon</param>
    public static async Task<TestFarm> Start(PostgresServer server, int silos, int leaseSeconds = 5, int workers = 1, int verifyEvery = 16)
    {
        string postgres = server.NewDatabase();
        await Migration.Apply(postgres, TextWriter.Null, default);
        return await StartOn(postgres, silos, leaseSeconds, workers, verifyEvery);
    }

    /// <summary>Starts a farm on a database that has its schema.</summary>
    /// <param name="cluster">null for one of its own</param>
    public static async Task<TestFarm> StartOn(string postgres, int silos, int leaseSeconds = 5, int workers = 1, int verifyEvery = 16, string? cluster = null, bool gateways = true, bool metrics = true)
    {
        var settings = new Dictionary<string, string>
        {
            ["POSTGRES"] = postgres,
            ["WORKERS"] = Text(workers),
            ["LEASESECONDS"] = Text(leaseSeconds),
            ["VERIFYEVERY"] = Text(verifyEvery),
            ["PROBESECONDS"] = "1",
            ["MISSEDPROBES"] = "3",
            ["CLUSTER"] = cluster ?? $"test-{Guid.NewGuid():N}",
        };
        if (!gateways) settings["GATEWAYPORT"] = "0";
        if (!metrics) settings["METRICS"] = "off";
        var farm = new TestFarm(postgres, Enumerable.Range(0, silos).Select(i => new SiloProcess($"silo-{i}", settings)));
        foreach (SiloProcess silo in farm.Silos) silo.Start();
        foreach (SiloProcess silo in farm.Silos) await farm.Serves(silo);
        return farm;
    }

    public Task Serves(SiloProcess silo) =>
        Eventually($"{silo.Name} serves", async () => (await _http.GetAsync(Address(silo, "health/ready"))).StatusCode == HttpStatusCode.OK);

    /// <summary>Pauses, resumes or cancels.</summary>
    public Task Steer(string id, string how) =>
        Eventually($"it is {how}d", async () => (await _http.PostAsync(Address(Awake(), $"api/v1/campaigns/{id}/{how}"), null)).IsSuccessStatusCode);

    public async Task<string> Submit(string request)
    {
        SubmitReply? reply = null;
        await Eventually("the campaign is taken", async () =>
        {
            using HttpResponseMessage answer = await _http.PostAsync(Address(Awake(), "api/v1/campaigns"), new StringContent(request, Encoding.UTF8, "application/yaml"));
            if ((int)answer.StatusCode is >= 400 and < 500) throw new InvalidOperationException(await answer.Content.ReadAsStringAsync());
            if (!answer.IsSuccessStatusCode) return false;
            reply = await answer.Content.ReadFromJsonAsync(FarmJson.Default.SubmitReply);
            return true;
        });
        return reply!.Id;
    }

    /// <summary>The campaign's status from any silo that answers; null when none does at present.</summary>
    public async Task<CampaignStatus?> Status(string id)
    {
        foreach (SiloProcess silo in Silos.Where(s => s is { Running: true, Stopped: false }))
        {
            try
            {
                using HttpResponseMessage answer = await _http.GetAsync(Address(silo, $"api/v1/campaigns/{id}"));
                if (answer.IsSuccessStatusCode) return await answer.Content.ReadFromJsonAsync(FarmJson.Default.CampaignStatus);
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                // That one does not answer now.
            }
        }
        return null;
    }

    /// <summary>What the farm lists for the link of a panel.</summary>
    public async Task<IReadOnlyList<FarmFinding>> Findings(string query)
    {
        IReadOnlyList<FarmFinding> found = [];
        await Eventually("findings are listed", async () =>
        {
            using HttpResponseMessage answer = await _http.GetAsync(Address(Awake(), $"api/v1/findings?{query}"));
            if (answer.IsSuccessStatusCode) found = (await answer.Content.ReadFromJsonAsync(FarmJson.Default.IReadOnlyListFarmFinding))!;
            return answer.IsSuccessStatusCode;
        });
        return found;
    }

    public async Task<CampaignStatus> Done(string id, TimeSpan? limit = null)
    {
        CampaignStatus? last = null;
        await Eventually($"campaign {id} is done", async () => (last = await Status(id) ?? last) is { State: "done" or "failed" or "cancelled" }, limit);
        return last!;
    }

    /// <summary>Its status, as soon as somebody gives it.</summary>
    public async Task<CampaignStatus> Seen(string id)
    {
        CampaignStatus? seen = null;
        await Eventually($"the status of {id} is given", async () => (seen = await Status(id)) is not null);
        return seen!;
    }

    public async Task<byte[]> Report(string id)
    {
        byte[] report = [];
        await Eventually("the report is given", async () =>
        {
            using HttpResponseMessage answer = await _http.GetAsync(Address(Awake(), $"api/v1/campaigns/{id}/report"));
            report = await answer.Content.ReadAsByteArrayAsync();
            return answer.IsSuccessStatusCode;
        });
        return report;
    }

    /// <summary>The whole ledger, from the store itself.</summary>
    public async Task<LedgerAudit> Audit(string id, CampaignSpec spec, long planned)
    {
        await using var store = new PostgresFarmStore(Postgres);
        var lines = new List<StoredShard>();
        await foreach (StoredShard line in store.Shards(id, default)) lines.Add(line);
        return LedgerAudit.Of(new CampaignPlan(spec), planned, lines);
    }

    /// <summary>Waits for something that must come true.</summary>
    public async Task Eventually(string what, Func<Task<bool>> condition, TimeSpan? limit = null)
    {
        DateTime end = DateTime.UtcNow + (limit ?? TimeSpan.FromMinutes(5));
        while (DateTime.UtcNow < end)
        {
            try
            {
                if (await condition()) return;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                // Not yet.
            }
            await Task.Delay(100);
        }
        throw new TimeoutException($"it did not come true that {what}\n{string.Join('\n', Silos.Select(s => $"--- {s.Name}\n{Tail(s.Log)}"))}");
    }

    public void Dispose()
    {
        foreach (SiloProcess silo in Silos) silo.Dispose();
        _http.Dispose();
    }

    public static string Address(SiloProcess silo, string path) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{silo.HttpPort}/{path}");

    private SiloProcess Awake() => Silos.FirstOrDefault(s => s is { Running: true, Stopped: false }) ?? Silos[0];
    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
    private static string Tail(string log) => log.Length > 3000 ? log[^3000..] : log;
}

/// <summary>The same campaign as one process runs it.</summary>
internal static class EmbeddedRun
{
    public static CampaignSpec Spec(string request) => SpecBuilder.Build(SpecFile.Parse(request, "test"), FarmDefaults.Spec).Spec;

    public static (byte[] Report, CampaignReport Parsed) Of(string request)
    {
        CampaignSpec spec = Spec(request);
        string folder = Directory.CreateTempSubdirectory("stressfarm-embedded-").FullName;
        try
        {
            var plan = new CampaignPlan(spec);
            using SqliteLedger ledger = SqliteLedger.Open(folder, plan);
            CampaignReport report = new CampaignRunner(plan, ledger, new LocalEngine(spec.Geometry), TimeProvider.System)
                .Run(Environment.ProcessorCount, null, default).Report!;
            return (ReportWriter.Canonical(report), report);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
