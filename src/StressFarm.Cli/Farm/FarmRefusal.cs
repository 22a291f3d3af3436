using System.Net;

namespace StressFarm.Cli.Farm;

/// <summary>The farm answered, and the answer is no.</summary>
public sealed class FarmRefusal(HttpStatusCode status, string message, TimeSpan? retryAfter) : Exception(message)
{
    public HttpStatusCode Status { get; } = status;
    public TimeSpan? RetryAfter { get; } = retryAfter;
    /// <summary>The same call may be answered a little later.</summary>
    public bool Passing => Status is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable or HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout;
}

/// <summary>There was no answer.</summary>
public sealed class FarmUnreachable(string message, Exception inner) : Exception(message, inner);
