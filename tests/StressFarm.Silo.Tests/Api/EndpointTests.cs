using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StressFarm.Silo.Api;

namespace StressFarm.Silo.Tests.Api;

public sealed class EndpointTests
{
    private const string Campaigns = "/api/v1/campaigns";

    [Fact]
    public async Task The_same_spec_is_the_same_campaign()
    {
        await using ApiHost host = await ApiHost.Start();
        Reply first = await host.Post(Campaigns + "?name=night", ApiHost.Spec);
        Assert.Equal(HttpStatusCode.Created, first.Status);
        SubmitReply reply = JsonSerializer.Deserialize(first.Body, FarmJson.Default.SubmitReply)!;
        Assert.Equal($"{Campaigns}/{reply.Id}", first.Headers.Location!.ToString());
        Reply again = await host.Send(HttpMethod.Post, Campaigns, """{"policies": ["control"], "workloads": "mixed", "schedules": 1000}""", "application/json");
        Assert.Equal(HttpStatusCode.OK, again.Status);
        Assert.Equal(reply with { Created = false }, JsonSerializer.Deserialize(again.Body, FarmJson.Default.SubmitReply));
        CampaignStatus status = JsonSerializer.Deserialize((await host.Get($"{Campaigns}/{reply.Id}")).Body, FarmJson.Default.CampaignStatus)!;
        Assert.Equal((reply.Id, "night", "Running"), (status.Id, status.Name, status.State));
        Assert.Single(JsonSerializer.Deserialize((await host.Get(Campaigns)).Body, FarmJson.Default.IReadOnlyListCampaignStatus)!);
    }

    [Fact]
    public async Task The_file_comes_back_as_it_was_sent_and_can_be_sent_again()
    {
        await using ApiHost host = await ApiHost.Start();
        string id = await host.Submit();
        Reply spec = await host.Get($"{Campaigns}/{id}/spec");
        Assert.Equal("text/yaml", spec.Type);
        Assert.StartsWith(ApiHost.Spec, spec.Text);
        Assert.Contains("#   workload: mixed\n", spec.Text);
        Reply again = await host.Post(Campaigns, spec.Text);
        Assert.Equal(HttpStatusCode.OK, again.Status);
        Assert.Contains(id, again.Text);
    }

    [Fact]
    public async Task Steering_shows_in_the_state()
    {
        await using ApiHost host = await ApiHost.Start();
        string id = await host.Submit();
        foreach (var (verb, state) in new[] { ("pause", "Paused"), ("resume", "Running"), ("cancel", "Cancelled") })
        {
            Reply reply = await host.Post($"{Campaigns}/{id}/{verb}");
            Assert.Equal(HttpStatusCode.OK, reply.Status);
            Assert.Equal(state, JsonSerializer.Deserialize(reply.Body, FarmJson.Default.CampaignStatus)!.State);
            Assert.Contains($"audit: local asked to {verb} campaign {id}, now {state}", host.Log.Text);
        }
    }

    [Fact]
    public async Task The_report_is_handed_out_byte_for_byte_once_it_is_there()
    {
        await using ApiHost host = await ApiHost.Start();
        string id = await host.Submit();
        foreach (string name in (string[])["report", "report.md"])
        {
            Reply early = await host.Get($"{Campaigns}/{id}/{name}");
            Assert.Equal(HttpStatusCode.Conflict, early.Status);
            Assert.Contains("running, exploring", early.Error);
        }
        byte[] json = [.. Encoding.UTF8.GetBytes("{\r\n  \"x\": \"é\"\n}\n"), 0x20], page = Encoding.UTF8.GetBytes("# Über\n");
        host.Backend.Reports[id] = (json, page);
        Reply report = await host.Get($"{Campaigns}/{id}/report");
        Assert.Equal(json, report.Body);
        Assert.Equal("application/json", report.Type);
        Assert.Equal(page, (await host.Get($"{Campaigns}/{id}/report.md")).Body);
    }

    [Fact]
    public async Task Findings_with_seeds_of_64_bits()
    {
        await using ApiHost host = await ApiHost.Start();
        string id = await host.Submit();
        host.Backend.Stored["F-3f9c1a"] = FakeBackend.SomeFinding;
        FindingSummary summary = Assert.Single(JsonSerializer.Deserialize((await host.Get($"{Campaigns}/{id}/findings")).Body, FarmJson.Default.IReadOnlyListFindingSummary)!);
        Assert.Equal(("F-3f9c1a", ulong.MaxValue), (summary.Id, summary.Seed));
        Finding finding = JsonSerializer.Deserialize((await host.Get($"{Campaigns}/{id}/findings/F-3f9c1a")).Body, FarmJson.Default.Finding)!;
        Assert.Equal(FakeBackend.SomeFinding.Token, finding.Token);
        Assert.Equal(FakeBackend.SomeFinding.Columns, finding.Columns);
        async Task<int> Count(string query) => JsonSerializer.Deserialize((await host.Get("/api/v1/findings" + query)).Body, FarmJson.Default.IReadOnlyListFarmFinding)!.Count(f => f.Campaign == id && f.Finding == summary);
        foreach (string taken in (string[])["", "?policy=rfc-v1&workload=driver-mmap", "?invariant=I12&campaigns=200"]) Assert.Equal(1, await Count(taken));
        foreach (string refused in (string[])["?policy=control", "?policy=rfc-v1&invariant=I27", "?workload=mixed"]) Assert.Equal(0, await Count(refused));
        foreach (string bad in (string[])["?policy=", "?policy=a%20b", "?campaigns=0", "?campaigns=201", "?seed=1"]) Assert.Equal(HttpStatusCode.BadRequest, (await host.Get("/api/v1/findings" + bad)).Status);
        foreach (string unknown in (string[])["policy=rfc", "workload=mixe", "invariant=I999", "policy=other"])
        {
            Reply reply = await host.Get("/api/v1/findings?" + unknown);
            Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
            Assert.Matches("^(unknown )?(policy|workload|invariant)[;:] .*(control, |mixed, |I12, )", reply.Error);
        }
        Reply none = await host.Get($"{Campaigns}/{id}/findings/F-000000");
        Assert.Equal(HttpStatusCode.NotFound, none.Status);
        Assert.Contains("F-000000", none.Error);
    }

    [Fact]
    public async Task The_ledger_comes_in_pages()
    {
        await using ApiHost host = await ApiHost.Start();
        string id = await host.Submit();
        for (int i = 0; i < 7; i++) host.Backend.Lines.Add(new(i, 0, i, (ulong)i, 10, 10, 100, ulong.MaxValue - (ulong)i, 1, "silo-1", DateTimeOffset.UnixEpoch));
        var seen = new List<LedgerLine>();
        for (long? from = 0; from is { } at;)
        {
            LedgerPage page = JsonSerializer.Deserialize((await host.Get($"{Campaigns}/{id}/ledger?from={at}&limit=3")).Body, FarmJson.Default.LedgerPage)!;
            Assert.InRange(page.Lines.Count, 1, 3);
            seen.AddRange(page.Lines);
            from = page.Next;
        }
        Assert.Equal(host.Backend.Lines, seen);
    }

    [Fact]
    public async Task Records_and_checkpoints_come_back_whole()
    {
        await using ApiHost host = await ApiHost.Start();
        string id = await host.Submit();
        var feedback = new ShardFeedback([new("pos", [0, 255], ["k"])], [new(new(ulong.MaxValue, "pos", 7, [1, 2]), [3])]);
        var raw = new RawFinding("I", "f", "op", "", ulong.MaxValue, 3) { Soak = new(2, 17) };
        for (int i = 0; i < 5; i++)
            host.Backend.Kept.Add(new(i, new StoredShard(i, 9, new(ulong.MaxValue - (ulong)i, 2, 3, [new("pos", 2, 3, 1, 0)], [raw], 1, 0)
            { Link = new("ab", "cd"), Feedback = feedback, Pct = new(2, 30, 4) })
            { Holder = "silo-1" }));
        var seen = new List<RecordLine>();
        for (long? from = 0; from is { } at;)
        {
            RecordPage page = JsonSerializer.Deserialize((await host.Get($"{Campaigns}/{id}/records?from={at}&limit=2")).Body, FarmJson.Default.RecordPage)!;
            Assert.InRange(page.Records.Count, 1, 2);
            seen.AddRange(page.Records);
            from = page.Next;
        }
        Assert.Equal(JsonSerializer.Serialize(host.Backend.Kept), JsonSerializer.Serialize(seen));
        host.Backend.Memories[(3, 4)] = new([0, 255, 7], "hash", "chain");
        host.Backend.Memories[(3, 11)] = new([1], "h", "c");
        Assert.Equal("[4,11]", (await host.Get($"{Campaigns}/{id}/checkpoints/3")).Text);
        CheckpointBody body = JsonSerializer.Deserialize((await host.Get($"{Campaigns}/{id}/checkpoints/3/4")).Body, FarmJson.Default.CheckpointBody)!;
        Assert.Equal([0, 255, 7], body.State);
        Assert.Equal(("hash", "chain"), (body.StateHash, body.Chain));
        Assert.Equal(HttpStatusCode.NotFound, (await host.Get($"{Campaigns}/{id}/checkpoints/3/5")).Status);
    }

    [Theory]
    [InlineData("GET", "/", 404)]
    [InlineData("GET", "/api/v2/campaigns", 404)]
    [InlineData("GET", "/api/v1/campaigns/nonsense", 404)]
    [InlineData("GET", "/api/v1/campaigns/C-000000000000", 404)]
    [InlineData("GET", "/api/v1/campaigns/C-000000000000/watch", 404)]
    [InlineData("GET", "/api/v1/campaigns/C-000000000000/spec", 404)]
    [InlineData("POST", "/api/v1/campaigns/C-000000000000/cancel", 404)]
    [InlineData("GET", "/api/v1/campaigns/..%2f..%2fetc%2fpasswd", 404)]
    [InlineData("GET", "/api/v1/campaigns?limit=0", 400)]
    [InlineData("GET", "/api/v1/campaigns?limit=1&limit=2", 400)]
    [InlineData("GET", "/api/v1/campaigns?limt=5", 400)]
    [InlineData("GET", "/api/v1/campaigns/C-000000000000/ledger?from=-1", 400)]
    [InlineData("GET", "/api/v1/campaigns/C-000000000000/ledger?limit=999999999999999999999", 400)]
    [InlineData("GET", "/api/v1/campaigns/C-000000000000/records", 404)]
    [InlineData("GET", "/api/v1/campaigns/C-000000000000/records?limit=501", 400)]
    [InlineData("GET", "/api/v1/campaigns/C-000000000000/checkpoints/x", 400)]
    [InlineData("GET", "/api/v1/campaigns/C-000000000000/checkpoints/0/-1", 400)]
    [InlineData("DELETE", "/api/v1/campaigns", 405)]
    [InlineData("POST", "/api/v1/silos", 405)]
    [InlineData("POST", "/health/live", 405)]
    public async Task What_is_refused_says_why(string method, string path, int status)
    {
        await using ApiHost host = await ApiHost.Start();
        Reply reply = await host.Send(new HttpMethod(method), path);
        Assert.Equal(status, (int)reply.Status);
        Assert.NotEmpty(reply.Error);
    }

    [Theory]
    [InlineData("schedules: 0", "application/yaml", 400, "schedules")]
    [InlineData("colour: red", "text/plain", 400, "colour")]
    [InlineData("policies: nonsense", "text/yaml", 400, "nonsense")]
    [InlineData("", "text/yaml", 400, "empty")]
    [InlineData("seed: 1", "application/x-www-form-urlencoded", 415, "application/yaml")]
    [InlineData("seed: 1", "application/octet-stream", 415, "application/yaml")]
    public async Task A_bad_spec_is_told_in_one_line(string body, string type, int status, string names)
    {
        await using ApiHost host = await ApiHost.Start();
        Reply reply = await host.Send(HttpMethod.Post, Campaigns, body, type);
        Assert.Equal(status, (int)reply.Status);
        Assert.Contains(names, reply.Error);
    }

    [Fact]
    public async Task A_farm_that_does_not_answer_is_503_and_its_words_stay_in_the_log()
    {
        await using ApiHost host = await ApiHost.Start(new ApiOptions { BackendDeadline = TimeSpan.FromMilliseconds(50), ReadyDeadline = TimeSpan.FromMilliseconds(50), ReadyEvery = TimeSpan.FromTicks(1) });
        foreach (Func<CancellationToken, Task> fault in (Func<CancellationToken, Task>[])[
            _ => throw new StoreException("host=db.internal user=sf"), _ => throw new TimeoutException("db.internal"), _ => new TaskCompletionSource().Task])
        {
            host.Backend.Before = fault;
            foreach (string path in (string[])[Campaigns, "/api/v1/silos", "/health/ready"])
            {
                Reply reply = await host.Get(path);
                Assert.Equal(HttpStatusCode.ServiceUnavailable, reply.Status);
                Assert.NotNull(reply.Headers.RetryAfter);
                Assert.DoesNotContain("db.internal", reply.Error);
            }
            Assert.Equal(HttpStatusCode.OK, (await host.Get("/health/live")).Status);
        }
        Assert.Contains("db.internal", host.Log.Text);
        host.Backend.Before = _ => throw new InvalidOperationException("a defect of ours");
        Reply defect = await host.Get(Campaigns);
        Assert.Equal(HttpStatusCode.InternalServerError, defect.Status);
        Assert.DoesNotContain("defect", defect.Error);
        Assert.Contains("a defect of ours", host.Log.Text);
    }

    [Fact]
    public async Task Health()
    {
        await using ApiHost host = await ApiHost.Start(new ApiOptions { ReadyEvery = TimeSpan.FromTicks(1) });
        Assert.Equal("alive\n", (await host.Get("/health/live")).Text);
        Assert.Equal("ready\n", (await host.Get("/health/ready")).Text);
        host.Backend.IsReady = false;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await host.Get("/health/ready")).Status);
        Assert.Equal("alive\n", (await host.Get("/health/live")).Text);
    }

    [Fact]
    public async Task Whoever_asks_and_however_often_the_farm_is_asked_once_whether_it_is_ready()
    {
        await using ApiHost host = await ApiHost.Start(new ApiOptions { ReadyEvery = TimeSpan.FromDays(1) });
        int asked = 0;
        var let = new TaskCompletionSource();
        host.Backend.Before = _ => { Interlocked.Increment(ref asked); return let.Task; };
        Task<Reply>[] waiting = [.. Enumerable.Range(0, 20).Select(_ => host.Get("/health/ready"))];
        let.SetResult();
        Assert.All(await Task.WhenAll(waiting), r => Assert.Equal(HttpStatusCode.OK, r.Status));
        host.Backend.IsReady = false;
        Assert.Equal(HttpStatusCode.OK, (await host.Get("/health/ready")).Status);
        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task A_silo_that_stops_is_not_ready()
    {
        await using ApiHost host = await ApiHost.Start();
        // A request that is under way keeps the server there while it stops.
        var (asked, let) = (new TaskCompletionSource(), new TaskCompletionSource());
        host.Backend.Before = _ => { asked.TrySetResult(); return let.Task; };
        Task<Reply> ready = host.Get("/health/ready");
        await asked.Task;
        host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        let.SetResult();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await ready).Status);
    }

    [Fact]
    public async Task A_full_farm_is_429_with_a_time_to_come_again()
    {
        await using ApiHost host = await ApiHost.Start();
        host.Backend.MostCampaigns = 0;
        Reply reply = await host.Post(Campaigns, ApiHost.Spec);
        Assert.Equal(HttpStatusCode.TooManyRequests, reply.Status);
        Assert.NotNull(reply.Headers.RetryAfter);
        Assert.NotEmpty(reply.Error);
    }
}
