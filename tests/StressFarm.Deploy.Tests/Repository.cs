using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace StressFarm.Deploy.Tests;

/// <summary>What the repository itself says about a silo: manifests are held against the sources, not against copies of them.</summary>
internal static partial class Repository
{
    public const string Prefix = "STRESSFARM_SILO_";
    /// <summary>Connections of one silo to PostgreSQL: docs/stores.md.</summary>
    public const int ConnectionsPerSilo = 24;
    /// <summary>How long Orleans tries to join a cluster, some of whose members do not answer: MaxJoinAttemptTime.</summary>
    public const int SecondsToJoin = 300;

    public static string Root => RepositoryRoot.Folder;
    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));
    public static bool Exists(string path) => Path.Exists(Path.Combine(Root, path));

    /// <summary>The keys that a silo takes.</summary>
    public static IReadOnlyList<string> SettingKeys { get; } = [.. SettingKey().Matches(Between(Read("src/StressFarm.Silo/SiloSettings.cs"), "Keys =", "];")).Select(m => m.Groups[1].Value)];

    /// <summary>Sections that are ASP.NET's own.</summary>
    private static readonly IReadOnlyList<string> s_foreign = [.. ForeignKey().Matches(Read("src/StressFarm.Silo/SiloSettings.cs")).Select(m => m.Groups[1].Value)];

    /// <summary>The addresses that are answered without a token.</summary>
    public static IReadOnlyList<string> OpenAddresses { get; } = [.. OpenEndpoint().Matches(Read("src/StressFarm.Silo/Api/HealthEndpoints.cs")).Select(m => m.Groups[1].Value)];

    /// <summary>How long a silo may take to stop beyond DrainSeconds.</summary>
    public static int SecondsToLeave { get; } = Number(Read("src/StressFarm.Silo/SiloHost.cs"), @"ShutdownTimeout = settings\.Farm\.DrainTimeout \+ TimeSpan\.FromSeconds\((\d+)\)");

    /// <summary>How long /health/ready waits for the farm.</summary>
    public static int SecondsToBeReady { get; } = Number(Read("src/StressFarm.Silo/Api/ApiOptions.cs"), @"ReadyDeadline \{ get; init; \} = TimeSpan\.FromSeconds\((\d+)\)");

    public static int DefaultDrainSeconds { get; } = Number(Read("src/StressFarm.Silo/SiloSettings.cs"), @"""DrainSeconds"", (\d+)");

    public static string Version { get; } = XDocument.Parse(Read("Directory.Build.props")).Descendants("Version").Single().Value;

    public static XDocument SiloProject { get; } = XDocument.Parse(Read("src/StressFarm.Silo/StressFarm.Silo.csproj"));
    public static string SiloProperty(string name) => SiloProject.Descendants(name).Single().Value.Replace("$(Version)", Version, StringComparison.Ordinal);
    public static string Image => $"{SiloProperty("ContainerRepository")}:{SiloProperty("ContainerImageTag")}";
    public static IReadOnlyList<int> ImagePorts => [.. SiloProject.Descendants("ContainerPort").Select(p => int.Parse(p.Attribute("Include")!.Value, CultureInfo.InvariantCulture))];

    /// <summary>The roles of the farm's database.</summary>
    public static IReadOnlyList<string> Roles { get; } = [.. CreateRole().Matches(Read("deploy/postgres-roles.sql")).Select(m => m.Groups[1].Value)];

    /// <summary>The scrape job that the alerts on absent silos name.</summary>
    public static string AlertJob { get; } = AbsentJob().Matches(Read("dashboards/prometheus/rules/alerts.rules.yaml")).Select(m => m.Groups[1].Value).Distinct().Single();

    /// <summary>pg_isready without an address asks by the socket, which the server has that an image's first start sets up with.</summary>
    public static bool AsksByTcp(IEnumerable<string> command) => string.Join(' ', command).Contains("pg_isready -q -h 127.0.0.1 ", StringComparison.Ordinal);

    /// <summary>Faults of variables that are to be a silo's settings.</summary>
    public static IEnumerable<string> SettingFaults(string where, IEnumerable<string> variables)
    {
        foreach (string name in variables.Where(v => v.StartsWith("STRESSFARM_", StringComparison.Ordinal)))
        {
            string key = name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : "";
            if (!SettingKeys.Concat(s_foreign).Contains(key.Split("__")[0], StringComparer.OrdinalIgnoreCase)) yield return $"{where}: no silo takes the setting {name}";
        }
    }

    /// <summary>An image by a tag that says which: not the newest of the day.</summary>
    public static bool IsPinned(string image) => PinnedImage().IsMatch(image);

    /// <summary>The program on the machine's path, or null.</summary>
    public static string? Program(string name) =>
        Environment.GetEnvironmentVariable("PATH")?.Split(':').Select(d => Path.Combine(d, name)).FirstOrDefault(File.Exists);

    /// <summary>Runs a program to its end.</summary>
    public static (int Code, string Output, string Errors) Run(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? variables = null)
    {
        var info = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (key, value) in variables ?? new Dictionary<string, string>()) info.Environment[key] = value;
        using Process process = Process.Start(info)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.GetAwaiter().GetResult());
    }

    private static string Between(string text, string from, string to)
    {
        int start = text.IndexOf(from, StringComparison.Ordinal);
        return text[start..text.IndexOf(to, start, StringComparison.Ordinal)];
    }

    private static int Number(string text, [System.Diagnostics.CodeAnalysis.StringSyntax("Regex")] string pattern) =>
        int.Parse(Regex.Match(text, pattern) is { Success: true } match ? match.Groups[1].Value : throw new InvalidOperationException($"nothing matches {pattern}"), CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\(""([A-Za-z]+)"", \$?""")]
    private static partial Regex SettingKey();
    [GeneratedRegex(@"key\.Equals\(""([A-Za-z]+)""")]
    private static partial Regex ForeignKey();
    [GeneratedRegex(@"MapGet\(""(/health/[a-z]+)""[^;]*?\.Needs\(null\)")]
    private static partial Regex OpenEndpoint();
    [GeneratedRegex(@"CREATE ROLE (\w+) ")]
    private static partial Regex CreateRole();
    [GeneratedRegex(@"up\{job=""(\w+)""\}")]
    private static partial Regex AbsentJob();
    [GeneratedRegex(@"^[a-z0-9][a-z0-9./-]*(:v?\d[\w.-]*|(:[\w.-]+)?@sha256:[0-9a-f]{64})$")]
    private static partial Regex PinnedImage();
}

/// <summary>A test that needs a program which not every machine has.</summary>
internal sealed class NeedsFactAttribute : FactAttribute
{
    public NeedsFactAttribute(string program)
    {
        if (Repository.Program(program) is null) Skip = $"there is no {program} on this machine";
    }
}
