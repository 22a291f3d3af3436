using System.Net;
using Microsoft.Net.Http.Headers;

namespace StressFarm.Silo.Api;

/// <summary>
/// Finds out who calls, before the rates are looked at, so that those are the caller's own. Refuses tokens in addresses: they
/// would end in the logs of every proxy on the way.
/// </summary>
internal sealed class CallerGate(RequestDelegate next, TokenTable tokens)
{
    private static readonly object s_key = new();
    private static readonly string[] s_tokenNames = ["token", "access_token", "auth", "authorization", "bearer", "api_key", "apikey", "key", "secret"];

    public Task InvokeAsync(HttpContext http)
    {
        foreach (string name in http.Request.Query.Keys)
            if (s_tokenNames.Contains(name, StringComparer.OrdinalIgnoreCase))
                throw ApiFault.BadRequest("a token never goes into an address: send it as the header Authorization: Bearer …, and take this one for leaked");
        if (!tokens.Configured) RefuseStrangers(http);
        ApiCaller? caller = tokens.Configured ? (TokenOf(http) is { } token ? tokens.Find(token) : null) : ApiCaller.Local;
        if (caller is not null) http.Items[s_key] = caller;
        return next(http);
    }

    /// <summary>The caller, or null for one without a token that is let in.</summary>
    public static ApiCaller? CallerOf(HttpContext http) => http.Items.TryGetValue(s_key, out object? caller) ? (ApiCaller?)caller : null;

    private static string? TokenOf(HttpContext http)
    {
        const string Scheme = "Bearer ";
        var header = http.Request.Headers.Authorization;
        return header.Count == 1 && header[0] is { } text && text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? text[Scheme.Length..].Trim() : null;
    }

    /// <summary>
    /// Without tokens, being on this machine is what lets a caller in. A browser is on this machine too and does what any page
    /// tells it: a page's own name for our address, or a request that comes from a page elsewhere, is refused.
    /// </summary>
    private static void RefuseStrangers(HttpContext http)
    {
        if (http.Connection.LocalIpAddress is { } local && !IPAddress.IsLoopback(local))
            throw new ApiFault(StatusCodes.Status403Forbidden, "without a token file this silo answers on loopback only");
        if (!ApiOptions.IsLoopbackHost(http.Request.Host.Host))
            throw new ApiFault(StatusCodes.Status403Forbidden, "without a token file this silo answers to localhost and 127.0.0.1 only: the Host header names something else");
        string? origin = http.Request.Headers[HeaderNames.Origin];
        string own = $"{http.Request.Scheme}://{http.Request.Host}";
        if (!string.IsNullOrEmpty(origin) && !origin.Equals(own, StringComparison.OrdinalIgnoreCase))
            throw new ApiFault(StatusCodes.Status403Forbidden, "the request comes from a page of another origin");
    }
}
