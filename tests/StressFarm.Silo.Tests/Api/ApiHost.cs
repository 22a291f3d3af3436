using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StressFarm.Silo.Api;

namespace StressFarm.Silo.Tests.Api;

/// <summary>The API on a real server at a free port of 127.0.0.1, before a farm that is none.</summary>
internal sealed class ApiHost : IAsyncDisposable
{
    public const string Spec = "policies: control\nworkloads: mixed\nschedules: 1000\n";
    private readonly WebApplication _app;

    private ApiHost(WebApplication app, FakeBackend backend, LogLines log)
    {
        (_app, Backend, Log) = (app, backend, log);
        Address = new Uri(app.Urls.First());
        Client = new HttpClient { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(30) };
    }

    public FakeBackend Backend { get; }
    public LogLines Log { get; }
    public Uri Address { get; }
    public HttpClient Client { get; }
    public IServiceProvider Services => _app.Services;

    public static async Task<ApiHost> Start(ApiOptions? options = null, Action<WebApplication>? more = null, LogLevel least = LogLevel.Trace)
    {
        options ??= new ApiOptions();
        var (backend, log) = (new FakeBackend(), new LogLines());
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(log).SetMinimumLevel(least);
        builder.Services.AddSingleton<IFarmBackend>(backend);
        builder.Services.AddFarmApi(options);
        builder.WebHost.ConfigureKestrel(server => KestrelLimits.Apply(server, options)).UseUrls("http://127.0.0.1:0");
        WebApplication app = builder.Build();
        app.MapFarmApi();
        more?.Invoke(app);
        await app.StartAsync();
        return new(app, backend, log);
    }

    public async Task<Reply> Send(HttpMethod method, string path, string? body = null, string type = "application/yaml", string? token = null, Action<HttpRequestMessage>? more = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, type);
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        more?.Invoke(request);
        using HttpResponseMessage response = await Client.SendAsync(request);
        return new(response.StatusCode, await response.Content.ReadAsByteArrayAsync(), response.Content.Headers.ContentType?.MediaType, response.Headers);
    }

    public Task<Reply> Get(string path, string? token = null) => Send(HttpMethod.Get, path, token: token);
    public Task<Reply> Post(string path, string? body = null, string? token = null) => Send(HttpMethod.Post, path, body, token: token);

    /// <summary>Enters the usual campaign and gives its id.</summary>
    public async Task<string> Submit(string? token = null)
    {
        Reply reply = await Post("/api/v1/campaigns?name=night", Spec, token);
        return JsonSerializer.Deserialize(reply.Body, FarmJson.Default.SubmitReply)!.Id;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync(new CancellationTokenSource(TimeSpan.FromSeconds(10)).Token);
        await _app.DisposeAsync();
    }
}

/// <summary>An answer.</summary>
internal sealed record Reply(HttpStatusCode Status, byte[] Body, string? Type, HttpResponseHeaders Headers)
{
    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>The one line of a refusal, which is JSON and nothing else.</summary>
    public string Error
    {
        get
        {
            Assert.Equal("application/json", Type);
            string error = JsonSerializer.Deserialize(Body, FarmJson.Default.ApiError)!.Error;
            Assert.NotEmpty(error);
            Assert.DoesNotContain('\n', error);
            Assert.DoesNotContain("   at ", error);
            Assert.DoesNotContain("Exception", error);
            return error;
        }
    }
}

/// <summary>Everything that is logged, at every level.</summary>
internal sealed class LogLines : ILoggerProvider
{
    private readonly ConcurrentQueue<string> _lines = new();
    public string Text => string.Join('\n', _lines);
    public ILogger CreateLogger(string categoryName) => new Sink(categoryName, _lines);
    public void Dispose() { }

    private sealed class Sink(string category, ConcurrentQueue<string> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
        public bool IsEnabled(LogLevel logLevel) => true;
        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue($"{logLevel} {category}: {formatter(state, exception)} {exception}");
    }
}
