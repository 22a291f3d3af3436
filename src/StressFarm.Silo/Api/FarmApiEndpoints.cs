using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.DependencyInjection.Extensions;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Farm;

namespace StressFarm.Silo.Api;

/// <summary>
/// The farm's HTTP API over an <see cref="IFarmBackend"/>, which the host registers. A request meets, in this order: the errors'
/// layer, who calls, the rates, what the caller may do, and the endpoint.
/// </summary>
public static class FarmApiEndpoints
{
    public const string Base = "/api/v1";
    public const string OpenApiAddress = "/openapi/v1.json";

    /// <summary>Registers what the API needs, and refuses options that would open the farm to everybody.</summary>
    /// <exception cref="SpecException">one line that says what to change</exception>
    public static IServiceCollection AddFarmApi(this IServiceCollection services, ApiOptions options)
    {
        options.Validate();
        services.AddSingleton(options);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<TokenTable>();
        services.AddSingleton<BackendCalls>();
        services.AddSingleton<Readiness>();
        services.AddSingleton<WatchStream>();
        services.AddHostedService<ListenGuard>();
        services.AddRateLimiter(limits => RateLimits.Configure(limits, options));
        services.Configure<JsonOptions>(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, FarmJson.Default));
        services.AddOpenApi(ApiDescription.Configure);
        // The server's own lines hold whole addresses, queries and all.
        services.AddLogging(log => log.AddFilter("Microsoft.AspNetCore", LogLevel.Warning));
        return services;
    }

    /// <summary>Maps every endpoint, and the layers before them. Whatever the host maps too is behind them as well.</summary>
    public static WebApplication MapFarmApi(this WebApplication app)
    {
        // Made now, so that a token file that cannot be used ends the start and not the first request.
        app.Services.GetRequiredService<TokenTable>();
        app.UseMiddleware<ErrorGate>();
        app.UseRouting();
        app.UseMiddleware<CallerGate>();
        app.UseRateLimiter();
        app.UseMiddleware<AccessGate>();
        HealthEndpoints.Map(app);
        app.MapOpenApi(OpenApiAddress).Needs(ApiRole.Read);
        CampaignEndpoints.Map(app);
        ResultEndpoints.Map(app);
        return app;
    }

    /// <summary>The role that a call needs; null for none, not even a token.</summary>
    public static TBuilder Needs<TBuilder>(this TBuilder endpoint, ApiRole? role) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new AccessNeed(role));

    /// <summary>The endpoint serves metrics: to readers, by limits of its own.</summary>
    public static TBuilder IsScraped<TBuilder>(this TBuilder endpoint) where TBuilder : IEndpointConventionBuilder =>
        endpoint.Needs(ApiRole.Read).WithMetadata(new ScrapeMark());

    internal static RouteHandlerBuilder Get(this IEndpointRouteBuilder app, [StringSyntax("Route")] string pattern, Delegate handler) =>
        app.MapGet(Base + pattern, handler).Needs(ApiRole.Read).Refuses(400, 401, 403, 429, 503);

    internal static RouteHandlerBuilder Post(this IEndpointRouteBuilder app, [StringSyntax("Route")] string pattern, ApiRole role, Delegate handler) =>
        app.MapPost(Base + pattern, handler).Needs(role).Refuses(400, 401, 403, 429, 503);

    /// <summary>Describes refusals.</summary>
    internal static RouteHandlerBuilder Refuses(this RouteHandlerBuilder endpoint, params ReadOnlySpan<int> statuses)
    {
        foreach (int status in statuses) endpoint.Produces<ApiError>(status);
        return endpoint;
    }
}
