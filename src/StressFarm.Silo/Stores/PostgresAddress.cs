using Npgsql;

namespace StressFarm.Silo.Stores;

/// <summary>Connection strings as the farm uses them: what the operator wrote, with the farm's bounds where nothing was said.</summary>
public static class PostgresAddress
{
    public const string Schema = "stressfarm", OrleansSchema = "orleans";

    /// <summary>For the farm's own tables.</summary>
    public static string ForStore(string connectionString) => With(connectionString, Schema, pool: 8);

    /// <summary>For Orleans' clustering, reminders and grain storage, which name their tables without a schema.</summary>
    public static string ForOrleans(string connectionString) => With(connectionString, OrleansSchema, pool: 16);

    /// <summary>The database is on loopback: every host is loopback or the folder of a socket.</summary>
    public static bool IsLocal(string connectionString)
    {
        try
        {
            return (Parse(connectionString).Host ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).All(IsLocalHost);
        }
        catch (SchemaException)
        {
            // Told when it is used, with what it should look like.
            return true;
        }
    }

    private static bool IsLocalHost(string host) =>
        host.StartsWith('/') || host.StartsWith('@') || host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || System.Net.IPEndPoint.TryParse(host, out var end) && System.Net.IPAddress.IsLoopback(end.Address)
        || host.StartsWith("localhost:", StringComparison.OrdinalIgnoreCase);

    /// <exception cref="SchemaException">it is no connection string; what it says is not repeated</exception>
    internal static NpgsqlConnectionStringBuilder Parse(string connectionString)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(connectionString);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException or OverflowException)
        {
            throw new SchemaException("the PostgreSQL connection string cannot be read; it looks like 'Host=…;Database=…;Username=…;Password=…'");
        }
    }

    private static string With(string connectionString, string schema, int pool)
    {
        NpgsqlConnectionStringBuilder address = Parse(connectionString);
        var given = new System.Data.Common.DbConnectionStringBuilder { ConnectionString = connectionString };
        bool Said(params ReadOnlySpan<string> names)
        {
            foreach (string name in names)
                if (given.ContainsKey(name)) return true;
            return false;
        }
        address.SearchPath = schema;
        if (!Said("Maximum Pool Size", "MaxPoolSize", "Max Pool Size")) address.MaxPoolSize = pool;
        if (!Said("Timeout")) address.Timeout = 5;
        if (!Said("Command Timeout", "CommandTimeout")) address.CommandTimeout = 15;
        if (!Said("Max Auto Prepare", "MaxAutoPrepare")) address.MaxAutoPrepare = 40;
        if (!Said("Application Name", "ApplicationName")) address.ApplicationName = "stressfarm";
        return address.ToString();
    }
}
