using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;

namespace StressFarm.Silo.Api;

/// <summary>
/// How much one caller gets, and all of them together. Whoever gets none is told when to come again. Scrapes are counted by
/// themselves: a farm whose API is flooded must not look absent to its alerts.
/// </summary>
internal static class RateLimits
{
    public const string Submissions = "submissions";
    /// <summary>One caller that reads slowly must not take all of them from Prometheus, which is another one.</summary>
    private const int ScrapesAtOnce = 16, ScrapesOfOne = 2, ScrapesWaiting = 2;
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(1);

    public static void Configure(RateLimiterOptions limits, ApiOptions options)
    {
        limits.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        limits.GlobalLimiter = PartitionedRateLimiter.CreateChained(PerCaller(options), ScrapesPerCaller(), AtOnce(options));
        limits.AddPolicy(Submissions, http => RateLimitPartition.GetTokenBucketLimiter(KeyOf(http), _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = options.SubmissionsPerMinute,
            TokensPerPeriod = Math.Max(1, options.SubmissionsPerMinute / 60),
            ReplenishmentPeriod = TimeSpan.FromSeconds(Math.Max(1, 60.0 / options.SubmissionsPerMinute)),
            QueueLimit = 0,
        }));
        limits.OnRejected = async (context, _) =>
        {
            TimeSpan after = context.Lease.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan wait) ? wait : s_soon;
            await ErrorGate.Write(context.HttpContext, StatusCodes.Status429TooManyRequests, "too many requests; come again when Retry-After says", after);
        };
    }

    private static PartitionedRateLimiter<HttpContext> PerCaller(ApiOptions options) => PartitionedRateLimiter.Create<HttpContext, string>(http =>
        IsOpen(http) ? RateLimitPartition.GetNoLimiter("open") : RateLimitPartition.GetTokenBucketLimiter(KeyOf(http), _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = options.RequestBurst,
            TokensPerPeriod = options.RequestsPerSecond,
            ReplenishmentPeriod = TimeSpan.FromSeconds(1),
            QueueLimit = 0,
        }));

    /// <summary>Before all callers' slots are counted: whoever waits here holds none of them.</summary>
    private static PartitionedRateLimiter<HttpContext> ScrapesPerCaller() => PartitionedRateLimiter.Create<HttpContext, string>(http =>
        IsOpen(http) || !IsScrape(http) ? RateLimitPartition.GetNoLimiter("free") : AtMost(KeyOf(http), ScrapesOfOne, ScrapesWaiting));

    /// <summary>A watcher stays for long and costs next to nothing; it is counted by <see cref="WatchStream"/>.</summary>
    private static PartitionedRateLimiter<HttpContext> AtOnce(ApiOptions options) => PartitionedRateLimiter.Create<HttpContext, string>(http =>
        IsOpen(http) || http.GetEndpoint()?.Metadata.GetMetadata<WatchMark>() is not null
            ? RateLimitPartition.GetNoLimiter("free")
            : IsScrape(http) ? AtMost("scrapes", ScrapesAtOnce) : AtMost("all", options.MaxConcurrentRequests));

    private static RateLimitPartition<string> AtMost(string what, int requests, int waiting = 0) =>
        RateLimitPartition.GetConcurrencyLimiter(what, _ => new ConcurrencyLimiterOptions { PermitLimit = requests, QueueLimit = waiting });

    private static bool IsScrape(HttpContext http) => http.GetEndpoint()?.Metadata.GetMetadata<ScrapeMark>() is not null;

    private static bool IsOpen(HttpContext http) => http.GetEndpoint()?.Metadata.GetMetadata<AccessNeed>() is { Role: null };

    private static string KeyOf(HttpContext http)
    {
        string who = CallerGate.CallerOf(http) is { } caller && caller != ApiCaller.Local ? $"token {caller.Name}" : $"address {http.Connection.RemoteIpAddress}";
        return IsScrape(http) ? $"scrapes of {who}" : who;
    }
}

/// <summary>Marks the endpoint that Prometheus asks.</summary>
internal sealed class ScrapeMark;

/// <summary>Marks the endpoint that streams.</summary>
internal sealed class WatchMark;
