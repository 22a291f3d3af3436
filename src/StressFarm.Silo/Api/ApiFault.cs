namespace StressFarm.Silo.Api;

/// <summary>A request that is refused with a status and one clear line.</summary>
internal sealed class ApiFault(int status, string message) : Exception(message)
{
    public int Status { get; } = status;
    /// <summary>When to come again.</summary>
    public TimeSpan? RetryAfter { get; init; }

    public static ApiFault BadRequest(string message) => new(StatusCodes.Status400BadRequest, message);
    public static ApiFault NotFound(string message) => new(StatusCodes.Status404NotFound, message);
    public static ApiFault MediaType(string message) => new(StatusCodes.Status415UnsupportedMediaType, message);
    public static ApiFault TooMany(string message, TimeSpan retryAfter) => new(StatusCodes.Status429TooManyRequests, message) { RetryAfter = retryAfter };
    public static ApiFault Unavailable(string message) => new(StatusCodes.Status503ServiceUnavailable, message) { RetryAfter = TimeSpan.FromSeconds(2) };
}
