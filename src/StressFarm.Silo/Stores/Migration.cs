using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using StressFarm.Campaigns.Farm;

namespace StressFarm.Silo.Stores;

/// <summary>
/// Brings a PostgreSQL database to the schema that this silo knows: numbered scripts, each applied once, all in one
/// transaction under a lock, so that any number of silos may do it at once and a killed one leaves nothing half done.
/// </summary>
/// <param name="Number">the place in the order, from 1 without gaps</param>
public sealed record Migration(int Number, string Name, string Sql)
{
    /// <summary>"SFMG": the advisory lock that migrations are applied under.</summary>
    private const long Lock = 0x53464d47;
    private const string Folder = "postgres/";

    /// <summary>SHA-256 of the script: a script that was applied never changes afterwards.</summary>
    public string Checksum => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Sql)));

    /// <summary>The scripts of this silo, in order.</summary>
    public static IReadOnlyList<Migration> Known { get; } = Load();

    /// <summary>Applies what is missing, and tells a line for each.</summary>
    /// <exception cref="SchemaException">the database has a newer schema, or another one</exception>
    /// <exception cref="StoreException">the database does not answer</exception>
    public static Task Apply(string connectionString, TextWriter output, CancellationToken cancellation) =>
        Apply(connectionString, Known, output, cancellation);

    internal static async Task Apply(string connectionString, IReadOnlyList<Migration> known, TextWriter output, CancellationToken cancellation)
    {
        NpgsqlConnectionStringBuilder address = PostgresAddress.Parse(connectionString);
        (address.Pooling, address.CommandTimeout) = (false, 120);
        try
        {
            await using var connection = new NpgsqlConnection(address.ToString());
            await connection.OpenAsync(cancellation);
            await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellation);
            await Execute(connection, string.Create(CultureInfo.InvariantCulture, $"SELECT pg_advisory_xact_lock({Lock})"), cancellation);
            if (!await Exists(connection, cancellation)) await Execute(connection, Begin, cancellation);
            int there = Check(known, await Applied(connection, cancellation));
            foreach (Migration migration in known.Skip(there))
            {
                await Execute(connection, migration.Sql, cancellation);
                await Enter(connection, migration, cancellation);
            }
            await transaction.CommitAsync(cancellation);
            foreach (Migration migration in known.Skip(there)) await output.WriteLineAsync($"applied {migration.Name}");
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"schema {known.Count}{(there == known.Count ? ", nothing to do" : "")}"));
        }
        catch (Exception e) when (PostgresFailures.Known(e))
        {
            throw PostgresFailures.Told(e);
        }
    }

    /// <summary>Makes sure that the database has just the schema this silo knows.</summary>
    /// <exception cref="SchemaException">it has none, an older or a newer one</exception>
    /// <exception cref="StoreException">it does not answer</exception>
    public static async Task Demand(string connectionString, CancellationToken cancellation)
    {
        NpgsqlConnectionStringBuilder address = PostgresAddress.Parse(connectionString);
        address.Pooling = false;
        try
        {
            await using var connection = new NpgsqlConnection(address.ToString());
            await connection.OpenAsync(cancellation);
            int there = await Exists(connection, cancellation) ? Check(Known, await Applied(connection, cancellation)) : 0;
            if (there < Known.Count)
                throw new SchemaException(string.Create(CultureInfo.InvariantCulture, $"the database has schema {there}, this silo needs {Known.Count}: run 'stressfarm-silo migrate'"));
        }
        catch (Exception e) when (PostgresFailures.Known(e))
        {
            throw PostgresFailures.Told(e);
        }
    }

    private const string Begin = """
        CREATE SCHEMA IF NOT EXISTS stressfarm;
        CREATE TABLE stressfarm.migration(number integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied timestamptz NOT NULL DEFAULT now())
        """;

    /// <summary>How many of the known ones are there.</summary>
    private static int Check(IReadOnlyList<Migration> known, List<(int Number, string Name, string Checksum)> applied)
    {
        if (applied.Count > known.Count)
            throw new SchemaException(string.Create(CultureInfo.InvariantCulture,
                $"the database has schema {applied.Count} ({applied[^1].Name}), this silo knows {known.Count}: use a newer silo"));
        foreach (var ((number, name, checksum), ours) in applied.Zip(known))
            if (number != ours.Number || checksum != ours.Checksum)
                throw new SchemaException($"the database has another '{name}' than this silo: it was not made by it");
        return applied.Count;
    }

    private static async Task<bool> Exists(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("SELECT to_regclass('stressfarm.migration') IS NOT NULL", connection);
        return (bool)(await command.ExecuteScalarAsync(cancellation))!;
    }

    private static async Task<List<(int, string, string)>> Applied(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("SELECT number, name, checksum FROM stressfarm.migration ORDER BY number", connection);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellation);
        var applied = new List<(int, string, string)>();
        while (await reader.ReadAsync(cancellation)) applied.Add((reader.GetInt32(0), reader.GetString(1), reader.GetString(2)));
        return applied;
    }

    private static async Task Enter(NpgsqlConnection connection, Migration migration, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("INSERT INTO stressfarm.migration(number, name, checksum) VALUES($1, $2, $3)", connection)
        {
            Parameters = { new() { Value = migration.Number }, new() { Value = migration.Name }, new() { Value = migration.Checksum } },
        };
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private static async Task Execute(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private static List<Migration> Load()
    {
        Assembly assembly = typeof(Migration).Assembly;
        var found = new List<Migration>();
        foreach (string resource in assembly.GetManifestResourceNames().Where(n => n.StartsWith(Folder, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
            string name = resource[Folder.Length..];
            found.Add(new(int.Parse(name.AsSpan(0, 3), CultureInfo.InvariantCulture), name, reader.ReadToEnd().ReplaceLineEndings("\n")));
        }
        return found;
    }
}
