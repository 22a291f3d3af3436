namespace StressFarm.Silo.Api;

/// <summary>What supervisors ask: does the process live, and does the silo serve.</summary>
internal static class HealthEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/health/live", () => TypedResults.Text("alive\n"))
            .Needs(null).WithTags("health").WithSummary("The process lives. Asks nobody, and demands no token").Produces<string>(200, "text/plain");
        app.MapGet("/health/ready", Ready)
            .Needs(null).WithTags("health").WithSummary("The store answers, and the silo is a member of its cluster and does not stop. Demands no token")
            .Produces<string>(200, "text/plain").Refuses(503);
    }

    private static async Task<IResult> Ready(HttpContext http, Readiness readiness) =>
        await readiness.Ask(http.RequestAborted) ? TypedResults.Text("ready\n") : throw ApiFault.Unavailable("the silo does not serve yet, or not any more");
}
