using System.Diagnostics;
using Npgsql;

namespace StressFarm.Silo.Tests;

/// <summary>
/// A private PostgreSQL of the machine's own binaries: its data in a temporary folder, on a free loopback port, with fsync on.
/// Ends only the process that it started.
/// </summary>
public sealed class PostgresServer : IDisposable
{
    private const string Password = "geheim-7b1f";
    private readonly string _folder = Directory.CreateTempSubdirectory("stressfarm-pg-").FullName;
    private readonly string _binaries = Binaries();
    private Process? _process;

    public PostgresServer()
    {
        Port = FreePort.Take();
        File.WriteAllText(Path.Combine(_folder, "password"), Password);
        // The server refuses to run as root; the folder becomes the user's whom Debian's package makes.
        if (IsRoot) Finish(Process.Start("chown", ["-R", "postgres", _folder]), "chown");
        Finish(Start("initdb", "-D", Data, "-U", "farm", "--auth=scram-sha-256", $"--pwfile={Path.Combine(_folder, "password")}", "--no-sync", "-E", "UTF8", "--locale=C"), "initdb");
        Run();
    }

    public int Port { get; }
    private string Data => Path.Combine(_folder, "data");
    private static bool IsRoot => Environment.UserName == "root";

    public string Address(string database = "postgres") =>
        $"Host=127.0.0.1;Port={Port};Database={database};Username=farm;Password={Password}";

    /// <summary>A database of its own for one test class.</summary>
    public string NewDatabase()
    {
        string name = $"farm_{Guid.NewGuid():N}";
        using var connection = new NpgsqlConnection(Address() + ";Pooling=false");
        connection.Open();
        using var command = new NpgsqlCommand($"CREATE DATABASE {name}", connection);
        command.ExecuteNonQuery();
        return Address(name);
    }

    /// <summary>Runs one of PostgreSQL's own programs on a database of this server.</summary>
    public void Tool(string program, string database, params string[] arguments)
    {
        var address = new NpgsqlConnectionStringBuilder(database);
        Finish(Start(program, [.. arguments, $"--dbname=host=127.0.0.1 port={Port} user=farm password={Password} dbname={address.Database}"]), program);
    }

    /// <summary>A folder that both this process and PostgreSQL's programs can use.</summary>
    public string Folder => _folder;

    /// <summary>Ends the server at once, as a crash does.</summary>
    public void Kill()
    {
        if (_process is null) return;
        // "Immediate": no shutdown checkpoint; what was committed comes back from the log.
        Finish(Start("pg_ctl", "stop", "-D", Data, "-m", "immediate", "-w"), "pg_ctl stop");
        _process.WaitForExit(180_000);
        _process.Dispose();
        _process = null;
    }

    public void Run()
    {
        _process = Start("postgres", "-D", Data, "-h", "127.0.0.1", "-p", $"{Port}", "-k", Data, "-c", "max_connections=60", "-c", "log_min_messages=fatal");
        // After a crash it first syncs every file of every database, of which there are as many as tests.
        for (DateTime end = DateTime.UtcNow.AddMinutes(3); DateTime.UtcNow < end;)
        {
            try
            {
                using var connection = new NpgsqlConnection(Address() + ";Pooling=false;Timeout=2");
                connection.Open();
                return;
            }
            catch (NpgsqlException) when (!_process.HasExited)
            {
                Thread.Sleep(50);
            }
        }
        throw new InvalidOperationException("PostgreSQL does not begin to answer");
    }

    public void Dispose()
    {
        NpgsqlConnection.ClearAllPools();
        Kill();
        Directory.Delete(_folder, recursive: true);
    }

    private Process Start(string program, params string[] arguments)
    {
        string path = Path.Combine(_binaries, program);
        ProcessStartInfo info = IsRoot
            ? new("runuser", ["-u", "postgres", "--", path, .. arguments])
            : new(path, arguments);
        (info.RedirectStandardOutput, info.RedirectStandardError, info.WorkingDirectory) = (true, true, "/tmp");
        Process process = Process.Start(info)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static void Finish(Process process, string what)
    {
        using (process)
        {
            if (!process.WaitForExit(180_000)) process.Kill();
            if (process.ExitCode != 0) throw new InvalidOperationException($"{what} ended with {process.ExitCode}");
        }
    }

    private static string Binaries()
    {
        string[] found = Directory.Exists("/usr/lib/postgresql")
            ? [.. Directory.GetDirectories("/usr/lib/postgresql").Select(d => Path.Combine(d, "bin")).Where(d => File.Exists(Path.Combine(d, "initdb"))).Order()]
            : [];
        string? onPath = Environment.GetEnvironmentVariable("PATH")?.Split(':').FirstOrDefault(d => File.Exists(Path.Combine(d, "initdb")));
        return found.LastOrDefault() ?? onPath
            ?? throw new InvalidOperationException("These tests need PostgreSQL's binaries (initdb, postgres): install them with 'apt-get install postgresql'.");
    }
}

/// <summary>The server that the tests of this assembly share.</summary>
[CollectionDefinition(Name)]
public sealed class PostgresCollection : ICollectionFixture<PostgresServer>
{
    public const string Name = "PostgreSQL";
}
