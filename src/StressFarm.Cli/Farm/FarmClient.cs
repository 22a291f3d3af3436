using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Authentication;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Farm;
using StressFarm.Cli.Hosting;
using StressFarm.Exploration.Evidence;

namespace StressFarm.Cli.Farm;

/// <summary>
/// The farm's HTTP API. Every call has a deadline. What may be asked twice is asked again when the farm does not answer or says
/// "later": every look, and a submission too, since the same spec is the same campaign.
/// </summary>
/// <exception cref="FarmRefusal">the farm says no</exception>
/// <exception cref="FarmUnreachable">the farm does not answer</exception>
public sealed class FarmClient : IDisposable
{
    private const int MostBytes = 512 << 20, MostErrorLength = 500;
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(20);
    private readonly HttpClient _http;
    private readonly FarmPatience _patience;
    private readonly TimeProvider _clock;

    public FarmClient(Uri farm, string? token, FarmPatience patience, TimeProvider clock)
    {
        (Farm, _patience, _clock) = (farm, patience, clock);
        // A redirect would carry the token to whom it was not given; a proxy has no business with an address of this machine.
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = patience.Call, UseProxy = !FarmAddress.IsLoopback(farm) };
        _http = new HttpClient(handler) { BaseAddress = farm, Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = MostBytes };
        if (token is not null) _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("stressfarm", BuildInfo.Build.Split('+')[0]));
    }

    public Uri Farm { get; }
    internal FarmPatience Patience => _patience;
    internal TimeProvider Clock => _clock;

    public Task<SubmitReply> Submit(string file, string name, CancellationToken cancellation) =>
        Json(HttpMethod.Post, $"campaigns{(name.Length > 0 ? $"?name={Uri.EscapeDataString(name)}" : "")}", file, FarmJson.Default.SubmitReply, again: true, cancellation);

    public Task<IReadOnlyList<CampaignStatus>> List(int limit, CancellationToken cancellation) =>
        Look(string.Create(CultureInfo.InvariantCulture, $"campaigns?limit={limit}"), FarmJson.Default.IReadOnlyListCampaignStatus, cancellation);

    public Task<CampaignStatus> Status(string id, CancellationToken cancellation) => Look($"campaigns/{id}", FarmJson.Default.CampaignStatus, cancellation);

    /// <param name="verb">pause, resume or cancel</param>
    public Task<CampaignStatus> Steer(string id, string verb, CancellationToken cancellation) =>
        Json(HttpMethod.Post, $"campaigns/{id}/{verb}", null, FarmJson.Default.CampaignStatus, again: false, cancellation);

    public Task<IReadOnlyList<FindingSummary>> Findings(string id, CancellationToken cancellation) =>
        Look($"campaigns/{id}/findings", FarmJson.Default.IReadOnlyListFindingSummary, cancellation);

    /// <param name="campaigns">how many of the newest; null for as many as the farm takes when nobody says</param>
    public Task<IReadOnlyList<FarmFinding>> Findings(FindingQuery query, int? campaigns, CancellationToken cancellation)
    {
        (string Name, string? Value)[] parts = [("campaigns", campaigns?.ToString(CultureInfo.InvariantCulture)), ("policy", query.Policy), ("workload", query.Workload), ("invariant", query.Invariant)];
        string asked = string.Join('&', parts.Where(p => p.Value is not null).Select(p => $"{p.Name}={Uri.EscapeDataString(p.Value!)}"));
        return Look(asked.Length > 0 ? $"findings?{asked}" : "findings", FarmJson.Default.IReadOnlyListFarmFinding, cancellation);
    }

    public Task<Finding> Finding(string id, string finding, CancellationToken cancellation) => Look($"campaigns/{id}/findings/{finding}", FarmJson.Default.Finding, cancellation);

    public Task<LedgerPage> Ledger(string id, long from, int limit, CancellationToken cancellation) =>
        Look(string.Create(CultureInfo.InvariantCulture, $"campaigns/{id}/ledger?from={from}&limit={limit}"), FarmJson.Default.LedgerPage, cancellation);

    /// <summary>Shards with their whole records; the farm gives fewer than asked for where they are long.</summary>
    public Task<RecordPage> Records(string id, long from, int limit, CancellationToken cancellation) =>
        Look(string.Create(CultureInfo.InvariantCulture, $"campaigns/{id}/records?from={from}&limit={limit}"), FarmJson.Default.RecordPage, cancellation);

    /// <summary>The epochs of a soak's cell whose checkpoints are kept.</summary>
    public Task<IReadOnlyList<long>> Checkpoints(string id, int cell, CancellationToken cancellation) =>
        Look(string.Create(CultureInfo.InvariantCulture, $"campaigns/{id}/checkpoints/{cell}"), FarmJson.Default.IReadOnlyListInt64, cancellation);

    public Task<CheckpointBody> Checkpoint(string id, int cell, long number, CancellationToken cancellation) =>
        Look(string.Create(CultureInfo.InvariantCulture, $"campaigns/{id}/checkpoints/{cell}/{number}"), FarmJson.Default.CheckpointBody, cancellation);

    public Task<IReadOnlyList<SiloReport>> Silos(CancellationToken cancellation) => Look("silos", FarmJson.Default.IReadOnlyListSiloReport, cancellation);

    /// <summary>report.json, byte for byte.</summary>
    public Task<byte[]> Report(string id, CancellationToken cancellation) => Bytes(HttpMethod.Get, $"campaigns/{id}/report", null, again: true, cancellation);
    public Task<byte[]> ReportPage(string id, CancellationToken cancellation) => Bytes(HttpMethod.Get, $"campaigns/{id}/report.md", null, again: true, cancellation);

    /// <summary>The campaign file as it was submitted.</summary>
    public async Task<string> Spec(string id, CancellationToken cancellation) =>
        Encoding.UTF8.GetString(await Bytes(HttpMethod.Get, $"campaigns/{id}/spec", null, again: true, cancellation));

    /// <summary>A stream of events; the caller reads it within its own deadlines.</summary>
    internal async Task<HttpResponseMessage> Open(string id, CancellationToken cancellation)
    {
        using var deadline = Deadline(cancellation);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"api/v1/campaigns/{id}/watch");
        try
        {
            HttpResponseMessage response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
            if (response.IsSuccessStatusCode) return response;
            using (response) throw await Refusal(response, deadline.Token);
        }
        catch (Exception e) when (IsSilence(e, cancellation))
        {
            throw Unreachable(e);
        }
    }

    public void Dispose() => _http.Dispose();

    private Task<T> Look<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellation) => Json(HttpMethod.Get, path, null, type, again: true, cancellation);

    private async Task<T> Json<T>(HttpMethod method, string path, string? body, JsonTypeInfo<T> type, bool again, CancellationToken cancellation)
    {
        byte[] bytes = await Bytes(method, path, body, again, cancellation);
        try
        {
            return JsonSerializer.Deserialize(bytes, type) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new CampaignFault($"{Farm} does not answer as a StressFarm does: is the address right?", e);
        }
    }

    private async Task<byte[]> Bytes(HttpMethod method, string path, string? body, bool again, CancellationToken cancellation)
    {
        for (int tries = 0; ; tries++)
        {
            TimeSpan pause = again && tries < _patience.Pauses.Count ? _patience.Pauses[tries] : TimeSpan.Zero;
            try
            {
                return await Once(method, path, body, cancellation);
            }
            catch (FarmRefusal e) when (e.Passing && pause > TimeSpan.Zero && !(e.RetryAfter > s_longestPause))
            {
                if (e.RetryAfter > pause) pause = e.RetryAfter.Value;
            }
            catch (FarmUnreachable e) when (pause > TimeSpan.Zero && e.InnerException is not HttpRequestException { InnerException: AuthenticationException })
            {
            }
            await Task.Delay(pause, _clock, cancellation);
        }
    }

    private async Task<byte[]> Once(HttpMethod method, string path, string? body, CancellationToken cancellation)
    {
        using var deadline = Deadline(cancellation);
        using var request = new HttpRequestMessage(method, "api/v1/" + path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/yaml");
        try
        {
            using HttpResponseMessage response = await _http.SendAsync(request, HttpCompletionOption.ResponseContentRead, deadline.Token);
            if (!response.IsSuccessStatusCode) throw await Refusal(response, deadline.Token);
            return await response.Content.ReadAsByteArrayAsync(deadline.Token);
        }
        catch (Exception e) when (IsSilence(e, cancellation))
        {
            throw Unreachable(e);
        }
    }

    private CancellationTokenSource Deadline(CancellationToken cancellation)
    {
        var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(_patience.Call);
        return deadline;
    }

    private static bool IsSilence(Exception e, CancellationToken cancellation) =>
        e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellation.IsCancellationRequested);

    internal FarmUnreachable Unreachable(Exception e) => new(e switch
    {
        HttpRequestException { InnerException: AuthenticationException tls } => $"no secure connection to {Farm}: {tls.Message}",
        HttpRequestException or IOException => $"the farm at {Farm} cannot be reached: {(e.InnerException ?? e).Message}",
        _ => string.Create(CultureInfo.InvariantCulture, $"the farm at {Farm} did not answer within {_patience.Call.TotalSeconds:0.#}s"),
    }, e);

    private async Task<FarmRefusal> Refusal(HttpResponseMessage response, CancellationToken cancellation)
    {
        string? said = null;
        if (response.Content.Headers.ContentType?.MediaType == "application/json")
        {
            try
            {
                said = JsonSerializer.Deserialize(await response.Content.ReadAsByteArrayAsync(cancellation), FarmJson.Default.ApiError)?.Error;
            }
            catch (JsonException)
            {
                // Something else than a farm says no; the status is all that is known.
            }
        }
        string line = said is { Length: > 0 } ? said : string.Create(CultureInfo.InvariantCulture, $"status {(int)response.StatusCode} without a reason: is {Farm} a StressFarm?");
        line = string.Concat(line.Select(c => char.IsControl(c) ? ' ' : c));
        RetryConditionHeaderValue? after = response.Headers.RetryAfter;
        return new FarmRefusal(response.StatusCode, line.Length > MostErrorLength ? line[..MostErrorLength] + "…" : line, after?.Delta);
    }
}
