using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace StressFarm.Silo.Api;

/// <summary>What the server takes of a connection before any of our code sees it.</summary>
public static class KestrelLimits
{
    private const int HeaderBytes = 16 * 1024, HeaderCount = 64, LineBytes = 4 * 1024;
    private static readonly TimeSpan s_headers = TimeSpan.FromSeconds(10), s_keepAlive = TimeSpan.FromSeconds(90);
    /// <summary>Bytes a second that a sender must reach after the grace: slower bodies hold no request open.</summary>
    private const double LeastRate = 240;
    private const int BodySlack = 4;
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(5);

    /// <summary>Sets them.</summary>
    public static void Apply(KestrelServerOptions server, ApiOptions options)
    {
        server.AddServerHeader = false;
        server.AllowSynchronousIO = false;
        KestrelServerLimits limits = server.Limits;
        // The API itself refuses what is larger than MaxBody. The server cuts a connection on which unread bytes arrive, and a sender
        // whose connection is cut may never read why: what is a little too large it is to read to its end.
        limits.MaxRequestBodySize = (long)BodySlack * options.MaxBody;
        limits.MaxRequestHeadersTotalSize = HeaderBytes;
        limits.MaxRequestHeaderCount = HeaderCount;
        limits.MaxRequestLineSize = LineBytes;
        limits.RequestHeadersTimeout = s_headers;
        limits.KeepAliveTimeout = s_keepAlive;
        limits.MinRequestBodyDataRate = new MinDataRate(LeastRate, s_grace);
        limits.MinResponseDataRate = new MinDataRate(LeastRate, s_grace);
        limits.MaxConcurrentConnections = options.MaxConnections;
        limits.Http2.MaxStreamsPerConnection = options.MaxConcurrentRequests;
    }
}
