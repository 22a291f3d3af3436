using System.Globalization;
using System.Text.Json;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Farm;
using StressFarm.Campaigns.Specs;

namespace StressFarm.Silo.Api;

/// <summary>
/// The outermost layer: whatever is thrown or refused further in becomes a status and an <see cref="ApiError"/> of one line.
/// No answer carries a type name or a stack.
/// </summary>
internal sealed class ErrorGate(RequestDelegate next, ILogger<ErrorGate> log)
{
    private const int MaxErrorLength = 1000;
    /// <summary>What is logged as the status of a caller that went away.</summary>
    private const int ClientClosed = 499;

    public async Task InvokeAsync(HttpContext http)
    {
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers.XContentTypeOptions = "nosniff";
        try
        {
            await next(http);
            if (http.Response is { StatusCode: >= 400, HasStarted: false, ContentType: null, ContentLength: null })
                await Write(http, http.Response.StatusCode, Usual(http.Response.StatusCode), null);
        }
        catch (Exception) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is left to be told.
            if (!http.Response.HasStarted) http.Response.StatusCode = ClientClosed;
        }
        catch (Exception e) when (!http.Response.HasStarted)
        {
            ApiFault fault = FaultOf(e);
            if (fault.Status == StatusCodes.Status500InternalServerError) log.Failed(RouteOf(http), e.GetType().Name, OneLine(e.Message));
            else if (fault.Status == StatusCodes.Status503ServiceUnavailable) log.PutOff(RouteOf(http), OneLine(e.Message));
            await Write(http, fault.Status, fault.Message, fault.RetryAfter);
        }
        catch (Exception e)
        {
            // Half an answer is out: only closing the connection tells that it is not whole.
            log.Failed(RouteOf(http), e.GetType().Name, OneLine(e.Message));
            http.Abort();
        }
    }

    /// <summary>The refusal that an exception is.</summary>
    private static ApiFault FaultOf(Exception e) => e switch
    {
        ApiFault fault => fault,
        SpecException => ApiFault.BadRequest(e.Message),
        UnknownCampaignException => ApiFault.NotFound(e.Message),
        FarmBusyException => ApiFault.TooMany(e.Message, TimeSpan.FromSeconds(30)),
        BadHttpRequestException bad => new(bad.StatusCode, bad.StatusCode == StatusCodes.Status413PayloadTooLarge ? Usual(bad.StatusCode) : $"malformed request: {bad.Message}"),
        // The message of a store may name hosts and users: it is for the log.
        StoreException or TimeoutException or OperationCanceledException or Orleans.Runtime.OrleansException =>
            ApiFault.Unavailable("the farm does not answer at the moment; try again"),
        _ => new(StatusCodes.Status500InternalServerError, "internal error; the silo's log says more"),
    };

    /// <summary>Writes a refusal.</summary>
    public static async Task Write(HttpContext http, int status, string message, TimeSpan? retryAfter)
    {
        http.Response.StatusCode = status;
        if (retryAfter is { } after)
            http.Response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(after.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        http.Response.ContentType = "application/json; charset=utf-8";
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(new ApiError(OneLine(message)), FarmJson.Default.ApiError);
        http.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(http.Request.Method)) await http.Response.Body.WriteAsync(body, http.RequestAborted);
    }

    /// <summary>The pattern, not the address: that may hold anything.</summary>
    internal static string RouteOf(HttpContext http) => http.GetEndpoint() is RouteEndpoint route ? route.RoutePattern.RawText ?? "/" : "an unknown address";

    private static string Usual(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => "a token is needed: Authorization: Bearer …",
        StatusCodes.Status404NotFound => "there is nothing at this address; /openapi/v1.json lists what there is",
        StatusCodes.Status405MethodNotAllowed => "this address does not take that method; the Allow header says which it takes",
        StatusCodes.Status413PayloadTooLarge => $"the body is too large: at most {SpecFile.MaxBytes / 1024} KiB",
        StatusCodes.Status415UnsupportedMediaType => "that content type is not taken here",
        _ => string.Create(CultureInfo.InvariantCulture, $"the request was refused with status {status}"),
    };

    private static string OneLine(string text)
    {
        string line = string.Concat(text.ReplaceLineEndings(" ").Select(c => char.IsControl(c) ? ' ' : c)).Trim();
        return line.Length <= MaxErrorLength ? line : line[..MaxErrorLength] + "…";
    }
}
