namespace StressFarm.Silo.Api;

/// <summary>What the API logs. Callers appear by name; tokens, addresses with queries and bodies never do.</summary>
internal static partial class ApiLog
{
    [LoggerMessage(1, LogLevel.Information, "audit: {Caller} submitted campaign {Id} (new: {Created})")]
    public static partial void Submitted(this ILogger log, string caller, string id, bool created);

    [LoggerMessage(2, LogLevel.Information, "audit: {Caller} asked to {Verb} campaign {Id}, now {State}")]
    public static partial void Steered(this ILogger log, string caller, string verb, string id, string state);

    [LoggerMessage(3, LogLevel.Warning, "audit: {Caller} was refused {Route}: the role {Role} is needed")]
    public static partial void Forbidden(this ILogger log, string caller, string route, string role);

    [LoggerMessage(4, LogLevel.Error, "a request to {Route} failed: {Type}: {Text}")]
    public static partial void Failed(this ILogger log, string route, string type, string text);

    [LoggerMessage(5, LogLevel.Warning, "a request to {Route} was put off: {Text}")]
    public static partial void PutOff(this ILogger log, string route, string text);

    [LoggerMessage(6, LogLevel.Information, "the token file was read again: {Count} tokens")]
    public static partial void TokensRead(this ILogger log, int count);

    [LoggerMessage(7, LogLevel.Error, "nobody is let in until the token file is put right: {Text}")]
    public static partial void TokensBroken(this ILogger log, string text);
}
