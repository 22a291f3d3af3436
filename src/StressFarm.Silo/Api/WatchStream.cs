using System.Text;
using System.Text.Json;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Farm;

namespace StressFarm.Silo.Api;

/// <summary>
/// Follows a campaign as server-sent events: "status" when it changed, comments while nothing does, "end" when it is over.
/// A stream that breaks is no loss: the watcher comes again and the first event is the whole status.
/// </summary>
public sealed class WatchStream(BackendCalls backend, ApiOptions options, TimeProvider clock, IHostApplicationLifetime lifetime)
{
    private int _watchers;

    /// <summary>Watchers now.</summary>
    public int Watchers => Volatile.Read(ref _watchers);

    internal async Task Run(HttpContext http, string id)
    {
        if (Interlocked.Increment(ref _watchers) > options.MaxWatchers)
        {
            Interlocked.Decrement(ref _watchers);
            throw ApiFault.TooMany("as many watchers as this silo takes are watching", TimeSpan.FromSeconds(10));
        }
        try
        {
            // An unknown campaign is a plain 404, before the stream begins.
            CampaignStatus first = await backend.Ask((b, c) => b.Status(id, c), http.RequestAborted);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
            await Follow(http, first, stop.Token);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested || http.Response.HasStarted)
        {
            // The silo stops, or the watcher went away: the stream just ends.
        }
        finally
        {
            Interlocked.Decrement(ref _watchers);
        }
    }

    private async Task Follow(HttpContext http, CampaignStatus status, CancellationToken stop)
    {
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        long began = clock.GetTimestamp(), written = began;
        string sent = "";
        await Write(http, "retry: 2000\n\n", stop);
        while (true)
        {
            string json = JsonSerializer.Serialize(status, FarmJson.Default.CampaignStatus);
            if (IsOver(status))
            {
                await Write(http, $"event: status\ndata: {json}\n\nevent: end\ndata: {json}\n\n", stop);
                return;
            }
            if (json != sent)
            {
                await Write(http, $"event: status\ndata: {json}\n\n", stop);
                (sent, written) = (json, clock.GetTimestamp());
            }
            else if (clock.GetElapsedTime(written) >= options.Heartbeat)
            {
                await Write(http, ": nothing new\n\n", stop);
                written = clock.GetTimestamp();
            }
            if (clock.GetElapsedTime(began) >= options.LongestWatch) return;
            await Task.Delay(options.WatchEvery, clock, stop);
            status = await Next(http, status, stop);
        }
    }

    /// <summary>The status now; the last one while the farm does not answer, which a comment says.</summary>
    private async Task<CampaignStatus> Next(HttpContext http, CampaignStatus last, CancellationToken stop)
    {
        try
        {
            return await backend.Ask((b, c) => b.Status(last.Id, c), stop);
        }
        catch (Exception e) when (e is StoreException or TimeoutException or FarmBusyException or Orleans.Runtime.OrleansException)
        {
            await Write(http, ": the farm does not answer at the moment\n\n", stop);
            return last;
        }
    }

    /// <summary>Writes within the deadline; a watcher that does not read is cut off.</summary>
    private async Task Write(HttpContext http, string text, CancellationToken stop)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stop);
        deadline.CancelAfter(options.WriteDeadline);
        try
        {
            await http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text), deadline.Token);
            await http.Response.Body.FlushAsync(deadline.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            http.Abort();
            throw;
        }
    }

    internal static bool IsOver(CampaignStatus status) =>
        Enum.TryParse(status.State, ignoreCase: true, out CampaignState state) && state is CampaignState.Done or CampaignState.Cancelled or CampaignState.Failed;
}
