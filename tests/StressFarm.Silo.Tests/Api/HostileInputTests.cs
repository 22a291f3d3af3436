using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using StressFarm.Silo.Api;

namespace StressFarm.Silo.Tests.Api;

public sealed partial class HostileInputTests
{
    private const string Campaigns = "/api/v1/campaigns";
    private static readonly ApiOptions s_patient = new() { RequestBurst = 1_000_000, SubmissionsPerMinute = 1_000_000 };

    [Fact]
    public async Task Bodies_that_are_no_campaign_are_refused_with_a_reason()
    {
        await using ApiHost host = await ApiHost.Start(s_patient, least: LogLevel.Warning);
        int refused = 0;
        string[] types = ["application/yaml", "application/json", "text/plain", "text/yaml"];
        foreach ((int i, byte[] body) in HostileInput.Bodies(900).Index())
        {
            Reply reply = await Send(host, body, types[i % types.Length]);
            // Some changes to a file leave it a campaign.
            if (reply.Status is HttpStatusCode.Created or HttpStatusCode.OK) continue;
            refused++;
            Assert.True(reply.Status is HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge, $"body {i}: {reply.Status} {reply.Text} {host.Log.Text}");
            Assert.InRange(reply.Error.Length, 5, 1001);
        }
        Assert.InRange(refused, 700, 900);
        await AssertServes(host);
    }

    [Fact]
    public async Task Types_sizes_and_encodings_that_are_not_taken()
    {
        await using ApiHost host = await ApiHost.Start(s_patient, least: LogLevel.Warning);
        byte[] good = Encoding.UTF8.GetBytes(ApiHost.Spec);
        foreach (string? type in (string?[])[null, "", "x", "multipart/form-data; boundary=x", "application/xml", "text/html", "application/yaml; charset=utf-16", "image/png", "a/b; c=\"", "application/x-www-form-urlencoded"])
            Assert.True((await Send(host, good, type)) is { Status: HttpStatusCode.UnsupportedMediaType, Error.Length: > 0 }, $"type '{type}'");
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await Send(host, good, "text/yaml", c => c.Headers.ContentEncoding.Add("gzip"))).Status);
        byte[] large = new byte[s_patient.MaxBody + 1];
        Array.Fill(large, (byte)'#');
        Assert.True(await Send(host, large, "text/yaml") is { Status: HttpStatusCode.RequestEntityTooLarge, Error.Length: > 0 });
        Assert.True(await Send(host, large, "text/yaml", chunked: true) is { Status: HttpStatusCode.RequestEntityTooLarge, Error.Length: > 0 });
        foreach (string name in (string[])["%00", "a%0ab", new string('n', 81), "%E2%80%AE", "%F0%9F%98%80"])
            Assert.True(await host.Post($"{Campaigns}?name={name}", ApiHost.Spec) is { Status: HttpStatusCode.BadRequest, Error.Length: > 0 }, name);
        await AssertServes(host);
    }

    [Fact]
    public async Task Addresses_that_lead_nowhere_are_refused_with_a_reason()
    {
        await using ApiHost host = await ApiHost.Start(s_patient, least: LogLevel.Warning);
        foreach (string address in HostileInput.Addresses(300))
        {
            string[] answers = await Raw(host, Encoding.UTF8.GetBytes($"GET {address} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"));
            string answer = Assert.Single(answers);
            Assert.Matches("^HTTP/1.1 (200|400|404|405|409|414) ", answer);
            if (!answer.StartsWith("HTTP/1.1 200", StringComparison.Ordinal) && answer.Contains("Content-Type", StringComparison.Ordinal)) Assert.Contains("{\"error\":\"", answer);
        }
        await AssertServes(host);
    }

    [Fact]
    public async Task Connections_that_talk_nonsense_or_stop_in_the_middle_harm_nobody()
    {
        await using ApiHost host = await ApiHost.Start(s_patient, least: LogLevel.Warning);
        foreach (byte[][] some in HostileInput.Connections(140).Chunk(20))
        {
            string[][] answers = await Task.WhenAll(some.Select(sent => Raw(host, sent)));
            Assert.All(answers.SelectMany(a => a), a => Assert.Matches("^HTTP/1.1 [24]", a));
        }
        await AssertServes(host);
    }

    [Fact]
    public async Task Senders_that_go_away_leave_nothing_behind()
    {
        await using ApiHost host = await ApiHost.Start(new ApiOptions { MaxConcurrentRequests = 4, RequestBurst = 1_000_000 }, least: LogLevel.Warning);
        for (int i = 0; i < 40; i++)
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(IPAddress.Loopback, host.Address.Port);
            await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"POST {Campaigns} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/yaml\r\nContent-Length: 500\r\n\r\nseed"));
            socket.Client.LingerState = new LingerOption(true, 0);
        }
        await AssertServes(host);
    }

    private static async Task AssertServes(ApiHost host)
    {
        Reply reply = await host.Post(Campaigns, ApiHost.Spec);
        for (int i = 0; i < 100 && reply.Status == HttpStatusCode.TooManyRequests; i++)
        {
            await Task.Delay(20);
            reply = await host.Post(Campaigns, ApiHost.Spec);
        }
        Assert.True(reply.Status is HttpStatusCode.Created or HttpStatusCode.OK, reply.Text);
        Assert.Equal(HttpStatusCode.OK, (await host.Get("/health/live")).Status);
        Assert.DoesNotContain("Error ", host.Log.Text);
        Assert.DoesNotContain("Exception", host.Log.Text);
    }

    private static async Task<Reply> Send(ApiHost host, byte[] body, string? type, Action<HttpContent>? more = null, bool chunked = false)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Campaigns) { Content = chunked ? new StreamContent(new MemoryStream(body)) : new ByteArrayContent(body) };
        request.Headers.TransferEncodingChunked = chunked;
        if (type is not null) request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        more?.Invoke(request.Content);
        using HttpResponseMessage response = await host.Client.SendAsync(request);
        return new(response.StatusCode, await response.Content.ReadAsByteArrayAsync(), response.Content.Headers.ContentType?.MediaType, response.Headers);
    }

    /// <summary>Sends bytes, sends no more, and takes apart what comes back until the server closes.</summary>
    private static async Task<string[]> Raw(ApiHost host, byte[] sent)
    {
        using var socket = new TcpClient();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var received = new MemoryStream();
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, host.Address.Port, deadline.Token);
            NetworkStream stream = socket.GetStream();
            await stream.WriteAsync(sent, deadline.Token);
            socket.Client.Shutdown(SocketShutdown.Send);
            await stream.CopyToAsync(received, deadline.Token);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // The server hung up in the middle of it, as it may.
        }
        return [.. Start().Split(Encoding.Latin1.GetString(received.ToArray())).Where(a => a.Length > 0)];
    }

    [GeneratedRegex(@"(?=HTTP/1\.1 \d)")]
    private static partial Regex Start();
}
