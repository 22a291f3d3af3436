using System.Text.Json;
using Npgsql;
using StressFarm.Campaigns.Farm;

namespace StressFarm.Silo.Stores;

/// <summary>What PostgreSQL and the driver throw, as the one line that operators see. Never the connection string.</summary>
internal static class PostgresFailures
{
    private const string StaleTerm = "SF001", StaleSection = "SF002";

    /// <summary>Failures that <see cref="Told"/> knows.</summary>
    public static bool Known(Exception e) => e is NpgsqlException or TimeoutException or IOException or System.Net.Sockets.SocketException
        or JsonException or FormatException or InvalidCastException;

    public static Exception Told(Exception failure, Fence? fence = null) => (failure, fence) switch
    {
        (PostgresException { SqlState: StaleTerm }, Fence.Term t) => new StaleTermException(t.Campaign, t.Value),
        (PostgresException { SqlState: StaleSection }, Fence.Section s) => new StaleSectionException(s.Campaign, s.Cell, s.Value),
        (PostgresException
        {
            SqlState: PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn or PostgresErrorCodes.UndefinedFunction
                or PostgresErrorCodes.InvalidSchemaName
        }, _) => new StoreException("PostgreSQL has not the farm's schema: run 'stressfarm-silo migrate'", failure),
        (PostgresException p, _) => new StoreException($"PostgreSQL refused: {OneLine(p.MessageText)} ({p.SqlState})", failure),
        (JsonException or FormatException or InvalidCastException, _) => new StoreException("PostgreSQL holds a row that cannot be read", failure),
        _ => new StoreException($"PostgreSQL does not answer: {OneLine((failure.InnerException ?? failure).Message)}", failure),
    };

    private static string OneLine(string message) => message.ReplaceLineEndings(" ").Trim();
}
