using System.Net;
using System.Text.Json;
using StressFarm.Silo.Api;

namespace StressFarm.Silo.Tests.Api;

public sealed class WatchTests
{
    private static readonly ApiOptions s_quick = new() { WatchEvery = TimeSpan.FromMilliseconds(20), Heartbeat = TimeSpan.FromMilliseconds(60), MaxWatchers = 2 };

    [Fact]
    public async Task A_change_is_an_event_silence_is_a_comment_and_the_end_ends_it()
    {
        await using ApiHost host = await ApiHost.Start(s_quick);
        string id = await host.Submit();
        using StreamReader events = await Open(host, id);
        Assert.Equal(0, (await Next(events, "status")).Schedules);
        await Until(events, line => line.StartsWith(": nothing new", StringComparison.Ordinal));
        host.Backend.Schedules = 77;
        Assert.Equal(77, (await Next(events, "status")).Schedules);
        await host.Backend.Turn(id, CampaignState.Done, default);
        Assert.Equal("Done", (await Next(events, "end")).State);
        Assert.Equal("", await events.ReadLineAsync());
        Assert.Null(await events.ReadLineAsync());
    }

    [Fact]
    public async Task A_farm_that_is_away_for_a_while_does_not_end_it()
    {
        await using ApiHost host = await ApiHost.Start(s_quick);
        string id = await host.Submit();
        using StreamReader events = await Open(host, id);
        await Next(events, "status");
        host.Backend.Before = _ => throw new StoreException("gone");
        await Until(events, line => line.Contains("does not answer", StringComparison.Ordinal));
        (host.Backend.Before, host.Backend.Schedules) = (null, 5);
        Assert.Equal(5, (await Next(events, "status")).Schedules);
    }

    [Fact]
    public async Task So_many_watchers_and_their_places_come_free()
    {
        await using ApiHost host = await ApiHost.Start(s_quick);
        string id = await host.Submit();
        StreamReader first = await Open(host, id), second = await Open(host, id);
        Reply third = await host.Get($"/api/v1/campaigns/{id}/watch");
        Assert.Equal(HttpStatusCode.TooManyRequests, third.Status);
        Assert.NotNull(third.Headers.RetryAfter);
        Assert.NotEmpty(third.Error);
        first.Dispose();
        second.Dispose();
        var stream = (WatchStream)host.Services.GetService(typeof(WatchStream))!;
        for (int i = 0; i < 500 && stream.Watchers > 0; i++) await Task.Delay(20);
        Assert.Equal(0, stream.Watchers);
        (await Open(host, id)).Dispose();
    }

    [Fact]
    public async Task A_silo_that_stops_does_not_wait_for_its_watchers()
    {
        ApiHost host = await ApiHost.Start(s_quick);
        string id = await host.Submit();
        using StreamReader events = await Open(host, id);
        await Next(events, "status");
        await host.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(9));
    }

    private static async Task<StreamReader> Open(ApiHost host, string id)
    {
        HttpResponseMessage response = await host.Client.GetAsync($"/api/v1/campaigns/{id}/watch", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        return new StreamReader(await response.Content.ReadAsStreamAsync());
    }

    private static async Task Until(StreamReader events, Func<string, bool> wanted)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
            if (wanted(await events.ReadLineAsync(deadline.Token) ?? throw new EndOfStreamException())) return;
    }

    private static async Task<CampaignStatus> Next(StreamReader events, string name)
    {
        await Until(events, line => line == $"event: {name}");
        string data = (await events.ReadLineAsync())!;
        Assert.StartsWith("data: ", data);
        return JsonSerializer.Deserialize(data["data: ".Length..], FarmJson.Default.CampaignStatus)!;
    }
}
