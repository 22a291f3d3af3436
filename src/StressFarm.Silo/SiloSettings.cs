using System.Globalization;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Specs;
using StressFarm.Grains;
using StressFarm.Silo.Api;
using StressFarm.Silo.Stores;

namespace StressFarm.Silo;

/// <summary>
/// What a silo is told, from <c>STRESSFARM_SILO_…</c> variables, a JSON file and the command line, in that order. Everything wrong
/// is one line that names the key.
/// </summary>
public sealed class SiloSettings
{
    /// <summary>Every key, with what it means and its default: the documentation's table, and what an unknown key is told.</summary>
    public static readonly IReadOnlyList<(string Key, string Meaning)> Keys =
    [
        ("Listen", $"addresses of the HTTP API, separated by ';'; {ApiOptions.DefaultListen}"),
        ("TokenFile", "the file of tokens; demanded beyond loopback"),
        ("Postgres", "connection string of the farm's database; without it one silo runs alone on SQLite"),
        ("PostgresFile", "a file that holds the connection string"),
        ("Data", "folder of the SQLite store; ./stressfarm-silo-data"),
        ("Name", "the silo's name; the machine's and the silo port"),
        ("Cluster", "id of the cluster: silos of one id find each other; stressfarm"),
        ("Advertise", "IP address that the other silos reach this one at; 127.0.0.1, which is refused when the database is not on loopback"),
        ("SiloPort", "port for the other silos; 11111"),
        ("GatewayPort", "port for Orleans clients, which nothing of StressFarm is; 0, none"),
        ("Workers", "threads that run shards; one less than the cores"),
        ("LeaseSeconds", "how long a lease lasts without progress; 30"),
        ("VerifyEvery", "one shard in so many is run by a second silo; 64, 0 for none"),
        ("MaxCampaigns", "campaigns that run or are paused at one time; 64"),
        ("ProbeSeconds", "how long a silo waits for a sign of life of another; 2"),
        ("MissedProbes", "signs of life that may be missing before a silo is declared dead; 3"),
        ("Metrics", "on, or off: nothing is collected and there is no /metrics; on"),
        ("Search", "on, or off: the silo leaves campaigns that run every interleaving to others, and runs schedules a little faster; on"),
        ("DrainSeconds", "how long a silo that stops waits until its work is handed back; 5"),
    ];

    public required ApiOptions Api { get; init; }
    public string? Postgres { get; init; }
    public required string Data { get; init; }
    public required string Name { get; init; }
    public required string Cluster { get; init; }
    public required System.Net.IPAddress Advertise { get; init; }
    public int SiloPort { get; init; }
    public int GatewayPort { get; init; }
    public TimeSpan Probe { get; init; }
    public int MissedProbes { get; init; }
    /// <summary>Whether anything is collected at all.</summary>
    public bool Metrics { get; init; } = true;
    /// <summary>Whether its machines keep the logs that a search needs.</summary>
    public bool Search { get; init; } = true;
    public required FarmOptions Farm { get; init; }

    /// <summary>Reads and checks them.</summary>
    /// <exception cref="SpecException">one line</exception>
    public static SiloSettings Read(IConfiguration configuration)
    {
        foreach (IConfigurationSection given in configuration.GetChildren())
            if (!Keys.Any(k => k.Key.Equals(given.Key, StringComparison.OrdinalIgnoreCase)) && !Foreign(given.Key))
                throw new SpecException($"unknown setting '{given.Key}'; there are {string.Join(", ", Keys.Select(k => k.Key))}");
        int siloPort = Number(configuration, "SiloPort", 11111, 1, 65535);
        string? postgres = Secret(configuration);
        var settings = new SiloSettings
        {
            Api = new ApiOptions { Listen = (configuration["Listen"] ?? ApiOptions.DefaultListen).Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), TokenFile = configuration["TokenFile"] },
            Postgres = postgres,
            Data = configuration["Data"] ?? "stressfarm-silo-data",
            Name = configuration["Name"] ?? string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}-{siloPort}"),
            Cluster = configuration["Cluster"] ?? "stressfarm",
            Advertise = System.Net.IPAddress.TryParse(configuration["Advertise"] ?? "127.0.0.1", out var ip) ? ip : throw new SpecException($"Advertise: '{configuration["Advertise"]}' is no IP address"),
            SiloPort = siloPort,
            GatewayPort = Number(configuration, "GatewayPort", 0, 0, 65535),
            Probe = TimeSpan.FromSeconds(Number(configuration, "ProbeSeconds", 2, 1, 600)),
            MissedProbes = Number(configuration, "MissedProbes", 3, 1, 100),
            Metrics = OnOrOff(configuration, "Metrics"),
            Search = OnOrOff(configuration, "Search"),
            Farm = new FarmOptions
            {
                Workers = Number(configuration, "Workers", 0, 0, SpecBuilder.MaxWorkers),
                LeaseDuration = TimeSpan.FromSeconds(Number(configuration, "LeaseSeconds", 30, 2, 86_400)),
                VerifyEvery = Number(configuration, "VerifyEvery", 64, 0, 1_000_000),
                MaxCampaigns = Number(configuration, "MaxCampaigns", 64, 1, 100_000),
                DrainTimeout = TimeSpan.FromSeconds(Number(configuration, "DrainSeconds", 5, 1, 600)),
            },
        };
        settings.Api.Validate();
        return settings;
    }

    /// <summary>
    /// For a silo that is to join others: silos on several machines that all say they are 127.0.0.1 take each other for restarts of
    /// themselves, and end each other.
    /// </summary>
    /// <exception cref="SpecException">one line that says what to give</exception>
    public void RequireAdvertise()
    {
        // A silo on SQLite is alone: nobody asks where it is.
        if (Postgres is null) return;
        if (Advertise.Equals(System.Net.IPAddress.Any) || Advertise.Equals(System.Net.IPAddress.IPv6Any))
            throw new SpecException($"Advertise: nobody reaches this silo at {Advertise}; give the IP address that the other silos reach it at");
        if (!System.Net.IPAddress.IsLoopback(Advertise) || PostgresAddress.IsLocal(Postgres)) return;
        throw new SpecException($"Advertise: the database is not on loopback, and silos on other machines cannot reach this one at {Advertise}; give the IP address that they reach it at");
    }

    /// <summary>Sections that are ASP.NET's own: TLS certificates and log levels are configured as in any of its servers.</summary>
    private static bool Foreign(string key) =>
        key.Equals("Kestrel", StringComparison.OrdinalIgnoreCase) || key.Equals("Logging", StringComparison.OrdinalIgnoreCase);

    private static string? Secret(IConfiguration configuration)
    {
        if (configuration["PostgresFile"] is not { } file) return configuration["Postgres"];
        if (configuration["Postgres"] is not null) throw new SpecException("Postgres and PostgresFile are both given; give one of them");
        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new SpecException($"PostgresFile: cannot read '{file}'");
        }
    }

    private static bool OnOrOff(IConfiguration configuration, string key) => configuration[key]?.ToLowerInvariant() switch
    {
        null or "on" => true,
        "off" => false,
        { } text => throw new SpecException($"{key}: '{(text.Length > 40 ? text[..40] + "…" : text)}' is neither on nor off"),
    };

    private static int Number(IConfiguration configuration, string key, int standard, int least, int most)
    {
        if (configuration[key] is not { } text) return standard;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most ? value
            : throw new SpecException(string.Create(CultureInfo.InvariantCulture, $"{key}: '{(text.Length > 40 ? text[..40] + "…" : text)}' is not a whole number from {least} to {most}"));
    }
}
