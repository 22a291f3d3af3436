using StressFarm.Campaigns;

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
        Steer(app, "pause", "No new work is handed out until it is resumed", (door, id, c) => door.Pause(id, c));
        Steer(app, "resume", "Go on with a paused campaign", (door, id, c) => door.Resume(id, c));
        Steer(app, "cancel", "End it; what is done stays", (door, id, c) => door.Cancel(id, c));
    }

    private static async Task<IResult> Submit(HttpContext http, DoorCalls door, ApiOptions options, ILogger<ApiCaller> log, string? name)
    {
        Parameters.Allow(http, "name");
        string shown = Parameters.Name(name), text = await Parameters.Body(http, options.MaxBody);
        SubmitReply reply = await door.Ask((d, c) => d.Submit(text, shown, c), http.RequestAborted);
        log.Submitted(CallerGate.CallerOf(http)!.Name, reply.Id, reply.Created);
        http.Response.Headers.Location = $"{FarmApiEndpoints.Base}/campaigns/{reply.Id}";
        return TypedResults.Json(reply, FarmJson.Default.SubmitReply, statusCode: reply.Created ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    private static async Task<IResult> List(HttpContext http, DoorCalls door, string? limit)
    {
        Parameters.Allow(http, "limit");
        int most = (int)Parameters.Number(limit, "limit", 1, MostListed, UsuallyListed);
        return TypedResults.Json(await door.Ask((d, c) => d.List(most, c), http.RequestAborted), FarmJson.Default.IReadOnlyListCampaignStatus);
    }

    private static async Task<IResult> Status(HttpContext http, DoorCalls door, string id)
    {
        Parameters.Allow(http);
        string campaign = Parameters.CampaignId(id);
        return TypedResults.Json(await door.Ask((d, c) => d.Status(campaign, c), http.RequestAborted), FarmJson.Default.CampaignStatus);
    }

    private static async Task Watch(HttpContext http, WatchStream stream, string id)
    {
        Parameters.Allow(http);
        await stream.Run(http, Parameters.CampaignId(id));
    }

    private static async Task<IResult> Spec(HttpContext http, DoorCalls door, string id)
    {
        Parameters.Allow(http);
        string campaign = Parameters.CampaignId(id);
        CampaignEntry entry = await door.Ask((d, c) => d.Entry(campaign, c), http.RequestAborted);
        string canonical = string.Concat(entry.Canonical.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => $"#   {line}\n"));
        return TypedResults.Text($"{entry.Request.TrimEnd()}\n# Understood as {entry.Hash}:\n{canonical}", "text/yaml; charset=utf-8");
    }

    private static void Steer(IEndpointRouteBuilder app, string verb, string summary, Func<IFarmDoor, string, CancellationToken, Task<CampaignStatus>> steer)
    {
        app.Post($"/campaigns/{{id}}/{verb}", ApiRole.Admin, async Task<IResult> (HttpContext http, DoorCalls door, ILogger<ApiCaller> log, string id) =>
        {
            Parameters.Allow(http);
            string campaign = Parameters.CampaignId(id);
            CampaignStatus status = await door.Ask((d, c) => steer(d, campaign, c), http.RequestAborted);
            log.Steered(CallerGate.CallerOf(http)!.Name, verb, campaign, status.State);
            return TypedResults.Json(status, FarmJson.Default.CampaignStatus);
        }).WithTags("campaigns").WithSummary(summary).Produces<CampaignStatus>(200).Refuses(404);
    }
}
