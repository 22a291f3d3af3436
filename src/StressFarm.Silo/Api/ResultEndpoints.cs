using StressFarm.Campaigns.Farm;
using StressFarm.Exploration.Evidence;

namespace StressFarm.Silo.Api;

/// <summary>What campaigns come to: findings, reports, ledgers; and the silos that do the work.</summary>
internal static class ResultEndpoints
{
    public const int MostLines = 5000, MostRecords = 500;
    private const int UsualLines = 500, UsualRecords = 100;

    public static void Map(IEndpointRouteBuilder app)
    {
        app.Get("/campaigns/{id}/findings", Findings)
            .WithTags("results").WithSummary("Findings worked up so far").Produces<IReadOnlyList<FindingSummary>>(200).Refuses(404);
        app.Get("/campaigns/{id}/findings/{finding}", OneFinding)
            .WithTags("results").WithSummary("A finding in full, with its replay token").Produces<Finding>(200).Refuses(404);
        app.Get("/findings", AllFindings)
            .WithTags("results").WithSummary("Findings of the newest campaigns and of all active ones, by policy, workload and invariant as metrics have them").Produces<IReadOnlyList<FarmFinding>>(200);
        app.Get("/campaigns/{id}/report", ReportJson)
            .WithTags("results").WithSummary("report.json, byte for byte; 409 until the campaign is done").Produces<string>(200, "application/json").Refuses(404, 409);
        app.Get("/campaigns/{id}/report.md", ReportPage)
            .WithTags("results").WithSummary("report.md; 409 until the campaign is done").Produces<string>(200, "text/markdown").Refuses(404, 409);
        app.Get("/campaigns/{id}/ledger", Ledger)
            .WithTags("results").WithSummary("Lines of the ledger in the campaign's order, and its balance").Produces<LedgerPage>(200).Refuses(404);
        app.Get("/campaigns/{id}/records", Records)
            .WithTags("results").WithSummary("Shards with their whole records in the campaign's order, for whoever runs them again").Produces<RecordPage>(200).Refuses(404);
        app.Get("/campaigns/{id}/checkpoints/{cell}", Checkpoints)
            .WithTags("results").WithSummary("The epochs of a soak's cell whose checkpoints are kept").Produces<IReadOnlyList<long>>(200).Refuses(404);
        app.Get("/campaigns/{id}/checkpoints/{cell}/{number}", OneCheckpoint)
            .WithTags("results").WithSummary("The checkpoint after an epoch").Produces<CheckpointBody>(200).Refuses(404);
        app.Get("/silos", Silos)
            .WithTags("silos").WithSummary("The silos of the farm").Produces<IReadOnlyList<SiloReport>>(200);
    }

    private static async Task<IResult> Findings(HttpContext http, BackendCalls backend, string id)
    {
        Parameters.Allow(http);
        string campaign = Parameters.CampaignId(id);
        return TypedResults.Json(await backend.Ask((b, c) => b.Findings(campaign, c), http.RequestAborted), FarmJson.Default.IReadOnlyListFindingSummary);
    }

    private static async Task<IResult> AllFindings(HttpContext http, BackendCalls backend, string? policy, string? workload, string? invariant, string? campaigns)
    {
        Parameters.Allow(http, "policy", "workload", "invariant", "campaigns");
        var query = new FindingQuery(Parameters.Label(policy, "policy"), Parameters.Label(workload, "workload"), Parameters.Label(invariant, "invariant"));
        query.Check();
        int most = (int)Parameters.Number(campaigns, "campaigns", 1, FindingQuery.MostCampaigns, FindingQuery.UsualCampaigns);
        return TypedResults.Json(await backend.Ask((b, c) => b.Findings(query, most, c), http.RequestAborted), FarmJson.Default.IReadOnlyListFarmFinding);
    }

    private static async Task<IResult> OneFinding(HttpContext http, BackendCalls backend, string id, string finding)
    {
        Parameters.Allow(http);
        string campaign = Parameters.CampaignId(id), wanted = Parameters.FindingId(finding);
        Finding found = await backend.Ask((b, c) => b.Finding(campaign, wanted, c), http.RequestAborted)
            ?? throw ApiFault.NotFound($"campaign {campaign} has no finding {wanted}");
        return TypedResults.Json(found, FarmJson.Default.Finding);
    }

    private static async Task<IResult> ReportJson(HttpContext http, BackendCalls backend, string id) =>
        TypedResults.Bytes((await Report(http, backend, id)).Json, "application/json; charset=utf-8");

    private static async Task<IResult> ReportPage(HttpContext http, BackendCalls backend, string id) =>
        TypedResults.Bytes((await Report(http, backend, id)).Page, "text/markdown; charset=utf-8");

    private static async Task<(byte[] Json, byte[] Page)> Report(HttpContext http, BackendCalls backend, string id)
    {
        Parameters.Allow(http);
        string campaign = Parameters.CampaignId(id);
        if (await backend.Ask((b, c) => b.Report(campaign, c), http.RequestAborted) is { } report) return report;
        CampaignStatus status = await backend.Ask((b, c) => b.Status(campaign, c), http.RequestAborted);
        throw new ApiFault(StatusCodes.Status409Conflict, $"campaign {campaign} has no report yet: it is {status.State.ToLowerInvariant()}, {status.Phase}");
    }

    private static async Task<IResult> Ledger(HttpContext http, BackendCalls backend, string id, string? from, string? limit)
    {
        Parameters.Allow(http, "from", "limit");
        string campaign = Parameters.CampaignId(id);
        long first = Parameters.Number(from, "from", 0, long.MaxValue, 0);
        int most = (int)Parameters.Number(limit, "limit", 1, MostLines, UsualLines);
        return TypedResults.Json(await backend.Ask((b, c) => b.Ledger(campaign, first, most, c), http.RequestAborted), FarmJson.Default.LedgerPage);
    }

    private static async Task<IResult> Records(HttpContext http, BackendCalls backend, string id, string? from, string? limit)
    {
        Parameters.Allow(http, "from", "limit");
        string campaign = Parameters.CampaignId(id);
        long first = Parameters.Number(from, "from", 0, long.MaxValue, 0);
        int most = (int)Parameters.Number(limit, "limit", 1, MostRecords, UsualRecords);
        return TypedResults.Json(await backend.Ask((b, c) => b.Records(campaign, first, most, c), http.RequestAborted), FarmJson.Default.RecordPage);
    }

    private static async Task<IResult> Checkpoints(HttpContext http, BackendCalls backend, string id, string cell)
    {
        Parameters.Allow(http);
        string campaign = Parameters.CampaignId(id);
        int wanted = (int)Parameters.Number(cell, "cell", 0, int.MaxValue, 0);
        return TypedResults.Json(await backend.Ask((b, c) => b.Checkpoints(campaign, wanted, c), http.RequestAborted), FarmJson.Default.IReadOnlyListInt64);
    }

    private static async Task<IResult> OneCheckpoint(HttpContext http, BackendCalls backend, string id, string cell, string number)
    {
        Parameters.Allow(http);
        string campaign = Parameters.CampaignId(id);
        int wanted = (int)Parameters.Number(cell, "cell", 0, int.MaxValue, 0);
        long epoch = Parameters.Number(number, "number", 0, long.MaxValue, 0);
        CheckpointBody found = await backend.Ask((b, c) => b.Checkpoint(campaign, wanted, epoch, c), http.RequestAborted)
            ?? throw ApiFault.NotFound($"campaign {campaign} keeps no such checkpoint");
        return TypedResults.Json(found, FarmJson.Default.CheckpointBody);
    }

    private static async Task<IResult> Silos(HttpContext http, BackendCalls backend)
    {
        Parameters.Allow(http);
        return TypedResults.Json(await backend.Ask((b, c) => b.Silos(c), http.RequestAborted), FarmJson.Default.IReadOnlyListSiloReport);
    }
}
