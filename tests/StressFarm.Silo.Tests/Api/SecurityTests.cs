using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StressFarm.Silo.Api;

namespace StressFarm.Silo.Tests.Api;

public sealed class SecurityTests : IDisposable
{
    private const string Campaigns = "/api/v1/campaigns";
    private readonly string _folder = Directory.CreateTempSubdirectory("stressfarm-api-").FullName;

    private string Tokens => Path.Combine(_folder, "tokens");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("http://0.0.0.0:8650")]
    [InlineData("http://*:8650")]
    [InlineData("http://+:8650")]
    [InlineData("http://[::]:8650")]
    [InlineData("http://10.0.0.1:8650")]
    [InlineData("https://farm.example:8650")]
    [InlineData("http://localhost.evil.example:8650")]
    [InlineData("http://127.0.0.1.evil.example:8650")]
    public void Beyond_loopback_there_is_no_start_without_tokens(string address)
    {
        SpecException refused = Assert.Throws<SpecException>(() => new ServiceCollection().AddFarmApi(new ApiOptions { Listen = ["http://127.0.0.1:1", address] }));
        Assert.Contains(address, refused.Message);
        Assert.DoesNotContain('\n', refused.Message);
        TokenFile.Add(Tokens, "me", "admin");
        new ServiceCollection().AddFarmApi(new ApiOptions { Listen = [address], TokenFile = Tokens });
    }

    [Theory]
    [InlineData("http://127.0.0.1:0")]
    [InlineData("http://localhost:1")]
    [InlineData("https://[::1]:1")]
    public void Loopback_needs_none(string address) => new ServiceCollection().AddFarmApi(new ApiOptions { Listen = [address] });

    [Theory]
    [InlineData("urls", "http://0.0.0.0:0")]
    [InlineData("http_ports", "0")]
    [InlineData("Kestrel:Endpoints:Any:Url", "http://*:0")]
    public async Task Addresses_of_the_configuration_are_held_to_the_same_rule(string key, string value)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration[key] = value;
        builder.Services.AddSingleton<IFarmBackend>(new FakeBackend());
        builder.Services.AddFarmApi(new ApiOptions());
        await using WebApplication app = builder.Build();
        app.MapFarmApi();
        await Assert.ThrowsAsync<SpecException>(() => app.StartAsync());
    }

    [Fact]
    public async Task Roles()
    {
        string read = TokenFile.Add(Tokens, "reader", "read"), submit = TokenFile.Add(Tokens, "ci", "submit"), admin = TokenFile.Add(Tokens, "root", "admin");
        await using ApiHost host = await ApiHost.Start(new ApiOptions { TokenFile = Tokens });
        string id = await host.Submit(submit);
        var calls = new (HttpMethod Method, string Path, int Read, int Submit, int Admin)[]
        {
            (HttpMethod.Get, Campaigns, 200, 200, 200),
            (HttpMethod.Get, $"{Campaigns}/{id}", 200, 200, 200),
            (HttpMethod.Get, "/api/v1/silos", 200, 200, 200),
            (HttpMethod.Get, "/openapi/v1.json", 200, 200, 200),
            (HttpMethod.Post, Campaigns, 403, 200, 200),
            (HttpMethod.Post, $"{Campaigns}/{id}/pause", 403, 403, 200),
            (HttpMethod.Post, $"{Campaigns}/{id}/resume", 403, 403, 200),
            (HttpMethod.Post, $"{Campaigns}/{id}/cancel", 403, 403, 200),
            (HttpMethod.Get, "/nothing", 404, 404, 404),
        };
        foreach (var call in calls)
        {
            string? body = call is { Method.Method: "POST", Path: Campaigns } ? ApiHost.Spec : null;
            foreach (var (token, expected) in new[] { (read, call.Read), (submit, call.Submit), (admin, call.Admin), (null, 401), ("sf_wrong", 401), (read + "x", 401), (read[..^1], 401) })
            {
                Reply reply = await host.Send(call.Method, call.Path, body, token: token);
                Assert.True(expected == (int)reply.Status, $"{call.Method} {call.Path}: {(int)reply.Status} instead of {expected}");
                if (expected >= 400) Assert.NotEmpty(reply.Error);
            }
        }
        foreach (string probe in (string[])["/health/live", "/health/ready"])
            Assert.Equal(HttpStatusCode.OK, (await host.Get(probe)).Status);
        Assert.Contains("audit: ci submitted campaign", host.Log.Text);
        Assert.Contains("audit: root asked to cancel campaign", host.Log.Text);
        Assert.Contains("audit: reader was refused", host.Log.Text);
    }

    [Fact]
    public async Task What_the_host_maps_too_is_behind_the_token()
    {
        string read = TokenFile.Add(Tokens, "prometheus", "read");
        await using ApiHost host = await ApiHost.Start(new ApiOptions { TokenFile = Tokens }, app => app.MapGet("/metrics", () => "up 1\n"));
        Assert.Equal(HttpStatusCode.Unauthorized, (await host.Get("/metrics")).Status);
        Assert.Equal("up 1\n", (await host.Get("/metrics", read)).Text);
    }

    [Theory]
    [InlineData("Basic")]
    [InlineData("bearer2")]
    [InlineData("")]
    public async Task Only_one_bearer_header_counts(string scheme)
    {
        string token = TokenFile.Add(Tokens, "me", "admin");
        await using ApiHost host = await ApiHost.Start(new ApiOptions { TokenFile = Tokens });
        Reply reply = await host.Send(HttpMethod.Get, Campaigns, more: r => r.Headers.TryAddWithoutValidation("Authorization", $"{scheme} {token}".Trim()));
        Assert.Equal(HttpStatusCode.Unauthorized, reply.Status);
        Reply two = await host.Send(HttpMethod.Get, Campaigns, more: r => r.Headers.TryAddWithoutValidation("Authorization", (string[])[$"Bearer {token}", "Bearer x"]));
        Assert.Equal(HttpStatusCode.Unauthorized, two.Status);
    }

    [Fact]
    public async Task A_token_is_nowhere_in_the_log_whatever_goes_wrong()
    {
        string token = TokenFile.Add(Tokens, "me", "admin");
        await using ApiHost host = await ApiHost.Start(new ApiOptions { TokenFile = Tokens, BackendDeadline = TimeSpan.FromMilliseconds(100) }, least: LogLevel.Trace);
        string id = await host.Submit(token);
        await host.Get($"{Campaigns}/{id}", token);
        await host.Post($"{Campaigns}/{id}/cancel", token: token);
        foreach (string name in (string[])["token", "access_token", "Key"])
        {
            Reply leaked = await host.Get($"{Campaigns}?{name}={token}", token);
            Assert.Equal(HttpStatusCode.BadRequest, leaked.Status);
            Assert.DoesNotContain(token, leaked.Text);
        }
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Get($"{Campaigns}?{token}=1", token)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await host.Get($"{Campaigns}/{token}", token)).Status);
        await host.Post(Campaigns, $"{token}: {token}", token);
        await host.Get(Campaigns, token + "x");
        await host.Send(HttpMethod.Get, Campaigns, more: r => r.Headers.TryAddWithoutValidation("Authorization", $"Basic {token}"));
        foreach (Func<CancellationToken, Task> fault in (Func<CancellationToken, Task>[])[_ => throw new StoreException("gone"), _ => throw new InvalidOperationException("defect"), _ => new TaskCompletionSource().Task])
        {
            host.Backend.Before = fault;
            await host.Get($"{Campaigns}/{id}", token);
            await host.Post(Campaigns, ApiHost.Spec, token);
        }
        Assert.Contains("audit: me submitted", host.Log.Text);
        Assert.Contains("defect", host.Log.Text);
        Assert.DoesNotContain(token, host.Log.Text);
        Assert.DoesNotContain(token["sf_".Length..], host.Log.Text);
        Assert.DoesNotContain(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(token))), host.Log.Text);
    }

    [Theory]
    [InlineData("Host", "evil.example")]
    [InlineData("Host", "127.0.0.1.evil.example:8650")]
    [InlineData("Origin", "http://evil.example")]
    [InlineData("Origin", "null")]
    [InlineData("Origin", "http://127.0.0.1:1")]
    public async Task A_browser_does_nothing_for_a_page_from_elsewhere(string header, string value)
    {
        await using ApiHost host = await ApiHost.Start();
        Reply reply = await host.Send(HttpMethod.Post, Campaigns, ApiHost.Spec, "text/plain", more: r => r.Headers.TryAddWithoutValidation(header, value));
        Assert.Equal(HttpStatusCode.Forbidden, reply.Status);
        Assert.NotEmpty(reply.Error);
        Reply own = await host.Send(HttpMethod.Post, Campaigns, ApiHost.Spec, "text/plain", more: r => r.Headers.Add("Origin", host.Address.GetLeftPart(UriPartial.Authority)));
        Assert.Equal(HttpStatusCode.Created, own.Status);
    }

    [Fact]
    public async Task Rates_are_each_callers_own()
    {
        string one = TokenFile.Add(Tokens, "one", "submit"), two = TokenFile.Add(Tokens, "two", "submit");
        await using ApiHost host = await ApiHost.Start(new ApiOptions { TokenFile = Tokens, RequestBurst = 5, RequestsPerSecond = 1, SubmissionsPerMinute = 2 });
        for (int i = 0; i < 2; i++) Assert.True((await host.Post(Campaigns, ApiHost.Spec, one)).Status is HttpStatusCode.Created or HttpStatusCode.OK);
        Reply third = await host.Post(Campaigns, ApiHost.Spec, one);
        Assert.Equal(HttpStatusCode.TooManyRequests, third.Status);
        Assert.NotNull(third.Headers.RetryAfter!.Delta);
        Assert.NotEmpty(third.Error);
        Reply[] many = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => host.Get(Campaigns, one)));
        Assert.Contains(many, r => r.Status == HttpStatusCode.TooManyRequests);
        Assert.Equal(HttpStatusCode.OK, (await host.Get(Campaigns, two)).Status);
        Reply[] strangers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => host.Get(Campaigns, "sf_guess")));
        Assert.Contains(strangers, r => r.Status == HttpStatusCode.TooManyRequests);
        Assert.All(await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => host.Get("/health/live"))), r => Assert.Equal(HttpStatusCode.OK, r.Status));
    }

    /// <summary>Whoever floods the API, from where Prometheus asks too, does not make the silo look absent; scrapes are limited all the same.</summary>
    [Fact]
    public async Task Scrapes_have_limits_of_their_own()
    {
        var gate = new TaskCompletionSource();
        await using ApiHost host = await ApiHost.Start(new ApiOptions { RequestBurst = 12, RequestsPerSecond = 1, MaxConcurrentRequests = 1 }, app =>
        {
            app.MapGet("/metrics", () => "up 1").IsScraped();
            app.MapGet("/slow", async () => await gate.Task).IsScraped();
        });
        var inside = new TaskCompletionSource();
        host.Backend.Before = _ => { inside.TrySetResult(); return gate.Task; };
        Task<Reply> held = host.Get(Campaigns);
        await inside.Task.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.All(await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => host.Get(Campaigns))), r => Assert.Equal(HttpStatusCode.TooManyRequests, r.Status));
        Assert.Equal(HttpStatusCode.OK, (await host.Get("/metrics")).Status);
        // Two are in and two wait.
        Task<Reply>[] slow = [.. Enumerable.Range(0, 5).Select(_ => host.Get("/slow"))];
        Assert.Equal(HttpStatusCode.TooManyRequests, (await await Task.WhenAny(slow)).Status);
        gate.SetResult();
        Assert.Equal(4, (await Task.WhenAll(slow)).Count(r => r.Status == HttpStatusCode.OK));
        Assert.Equal(HttpStatusCode.OK, (await held).Status);
        Assert.Contains(await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => host.Get("/metrics"))), r => r.Status == HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task Slow_readers_of_metrics_do_not_keep_Prometheus_out()
    {
        string prometheus = TokenFile.Add(Tokens, "prometheus", "read");
        string[] readers = [.. Enumerable.Range(0, 9).Select(i => TokenFile.Add(Tokens, $"reader-{i}", "read"))];
        var gate = new TaskCompletionSource();
        int inside = 0;
        await using ApiHost host = await ApiHost.Start(new ApiOptions { TokenFile = Tokens }, app =>
        {
            app.MapGet("/metrics", () => "up 1").IsScraped();
            app.MapGet("/slow", async () =>
            {
                Interlocked.Increment(ref inside);
                await gate.Task;
            }).IsScraped();
        });
        async Task<Task<Reply>[]> Hold(IEnumerable<string> tokens, int most)
        {
            Task<Reply>[] held = [.. tokens.SelectMany(t => Enumerable.Range(0, 4).Select(_ => host.Get("/slow", t)))];
            for (int i = 0; i < 1000 && Volatile.Read(ref inside) < most; i++) await Task.Delay(10);
            Assert.Equal(most, Volatile.Read(ref inside));
            return held;
        }
        // Each asks four times and gets in twice.
        Task<Reply>[] first = await Hold(readers.Take(7), 14);
        Assert.Equal(HttpStatusCode.OK, (await host.Get("/metrics", prometheus)).Status);
        // Of all together no more than 16 are in.
        Task<Reply>[] last = await Hold(readers.Skip(7).Take(1), 16);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await host.Get("/slow", readers[8])).Status);
        gate.SetResult();
        Assert.All(await Task.WhenAll([.. first, .. last]), r => Assert.Equal(HttpStatusCode.OK, r.Status));
    }

    [Fact]
    public async Task So_many_requests_at_once()
    {
        await using ApiHost host = await ApiHost.Start(new ApiOptions { MaxConcurrentRequests = 2 });
        var gate = new TaskCompletionSource();
        int inside = 0;
        var both = new TaskCompletionSource();
        host.Backend.Before = _ =>
        {
            if (Interlocked.Increment(ref inside) == 2) both.SetResult();
            return gate.Task;
        };
        Task<Reply>[] held = [host.Get(Campaigns), host.Get(Campaigns)];
        await both.Task.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(HttpStatusCode.TooManyRequests, (await host.Get(Campaigns)).Status);
        gate.SetResult();
        Assert.All(await Task.WhenAll(held), r => Assert.Equal(HttpStatusCode.OK, r.Status));
        Assert.Equal(HttpStatusCode.OK, (await host.Get(Campaigns)).Status);
    }
}
