using StressFarm.Campaigns.Farm;

namespace StressFarm.Silo.Api;

/// <summary>Campaigns: entering, listing, following and steering them.</summary>
internal static class CampaignEndpoints
{
    private const int MostListed = 1000, UsuallyListed = 100;

    public static void Map(IEndpointRouteBuilder app)
    {
        app.Post("/campaigns", ApiRole.Submit, Submit).RequireRateLimiting(RateLimits.Submissions)
            .WithTags("campaigns").WithSummary("Enter a campaign file. The same spec is the same campaign: sending it again changes nothing")
            .Produces<SubmitReply>(201).Produces<SubmitReply>(200).Refuses(413, 415);
        app.Get("/campaigns", List)
            .WithTags("campaigns").WithSummary("Campaigns, the newest first").Produces<IReadOnlyList<CampaignStatus>>(200);
        app.Get("/campaigns/{id}", Status)
            .WithTags("campaigns").WithSummary("A campaign's state").Produces<CampaignStatus>(200).Refuses(404);
        app.Get("/campaigns/{id}/watch", Watch).WithMetadata(new WatchMark())
            .WithTags("campaigns").WithSummary("A campaign's state as server-sent events: status whenever it changes, end when it is over")
            .Produces<string>(200, "text/event-stream").Refuses(404);
        app.Get("/campaigns/{id}/spec", Spec)
            .WithTags("campaigns").WithSummary("The campaign file that was submitted; the spec's canonical text follows in comments")
            .Produces<string>(200, "text/yaml").Refuses(404);
        Steer(app, "pause", "No new work is handed out until it is resumed", (backend, id, c) => backend.Pause(id, c));
        Steer(app, "resume", "Go on with a paused campaign", (backend, id, c) => backend.Resume(id, c));
        Steer(app, "cancel", "End it; what is done stays", (backend, id, c) => backend.Cancel(id, c));
    }

    private static async Task<IResult> Submit(HttpContext http, BackendCalls backend, ApiOptions options, ILogger<ApiCaller> log, string? name)
    {
        Parameters.Allow(http, "name");
        string shown = Parameters.Name(name), text = await Parameters.Body(http, options.MaxBody);
        SubmitReply reply = await backend.Ask((b, c) => b.Submit(text, shown, c), http.RequestAborted);
        log.Submitted(CallerGate.CallerOf(http)!.Name, reply.Id, reply.Created);
        http.Response.Headers.Location = $"{FarmApiEndpoints.Base}/campaigns/{reply.Id}";
        return TypedResults.Json(reply, FarmJson.Default.SubmitReply, statusCode: reply.Created ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    private static async Task<IResult> List(HttpContext http, BackendCalls backend, string? limit)
    {
        Parameters.Allow(http, "limit");
        int most = (int)Parameters.Number(limit, "limit", 1, MostListed, UsuallyListed);
        return TypedResults.Json(await backend.Ask((b, c) => b.List(most, c), http.RequestAborted), FarmJson.Default.IReadOnlyListCampaignStatus);
    }

    private static async Task<IResult> Status(HttpContext http, BackendCalls backend, string id)
    {
        Parameters.Allow(http);
        string campaign = Parameters.CampaignId(id);
        return TypedResults.Json(await backend.Ask((b, c) => b.Status(campaign, c), http.RequestAborted), FarmJson.Default.CampaignStatus);
    }

    private static async Task Watch(HttpContext http, WatchStream stream, string id)
    {
        Parameters.Allow(http);
        await stream.Run(http, Parameters.CampaignId(id));
    }

    private static async Task<IResult> Spec(HttpContext http, BackendCalls backend, string id)
    {
        Parameters.Allow(http);
        string campaign = Parameters.CampaignId(id);
        CampaignEntry entry = await backend.Ask((b, c) => b.Entry(campaign, c), http.RequestAborted);
        string canonical = string.Concat(entry.Canonical.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => $"#   {line}\n"));
        return TypedResults.Text($"{entry.Request.TrimEnd()}\n# Understood as {entry.Hash}:\n{canonical}", "text/yaml; charset=utf-8");
    }

    private static void Steer(IEndpointRouteBuilder app, string verb, string summary, Func<IFarmBackend, string, CancellationToken, Task<CampaignStatus>> steer)
    {
        app.Post($"/campaigns/{{id}}/{verb}", ApiRole.Admin, async Task<IResult> (HttpContext http, BackendCalls backend, ILogger<ApiCaller> log, string id) =>
        {
            Parameters.Allow(http);
            string campaign = Parameters.CampaignId(id);
            CampaignStatus status = await backend.Ask((b, c) => steer(b, campaign, c), http.RequestAborted);
            log.Steered(CallerGate.CallerOf(http)!.Name, verb, campaign, status.State);
            return TypedResults.Json(status, FarmJson.Default.CampaignStatus);
        }).WithTags("campaigns").WithSummary(summary).Produces<CampaignStatus>(200).Refuses(404);
    }
}
