using System.Globalization;
using System.Text.RegularExpressions;

namespace StressFarm.Deploy.Tests;

/// <summary>What must be true of the compose file; each breach is a line.</summary>
internal static class ComposeRules
{
    private const string Folder = "deploy/compose", SecretFolder = "/run/secrets/", Farm = "farm";
    /// <summary>Where the files lie that deploy/prepare makes.</summary>
    public const string Secrets = "./secrets/";

    public static IReadOnlyList<string> Faults(ComposeFile file) =>
    [
        .. file.Services.SelectMany(s => Locked(s).Concat(Bounded(s)).Concat(Watched(s, file)).Concat(Published(s)).Concat(Mounted(s, file)).Concat(Secret(s, file)).Concat(Repository.SettingFaults(s.Name, s.Environment.Keys))),
        .. file.Services.Where(s => s.IsSilo).SelectMany(s => Silo(s, file)),
        .. Cluster(file),
    ];

    private static IEnumerable<string> Locked(ComposeService s)
    {
        if (!Repository.IsPinned(s["image"])) yield return $"{s.Name}: the image {s["image"]} is not pinned";
        if (s["user"].Split(':')[0] is "" or "0" or "root") yield return $"{s.Name}: runs as root";
        if (s["read_only"] != "true") yield return $"{s.Name}: can write to its image";
        if (!s.List("cap_drop").Contains("ALL")) yield return $"{s.Name}: keeps capabilities";
        if (!s.List("security_opt").Contains("no-new-privileges:true")) yield return $"{s.Name}: may gain privileges";
        if (s["privileged"] == "true" || s.Has("cap_add") || s["network_mode"] == "host") yield return $"{s.Name}: has what nothing here needs";
    }

    private static IEnumerable<string> Bounded(ComposeService s)
    {
        foreach (string limit in (string[])["cpus", "mem_limit", "pids_limit"])
            if (!s.Has(limit)) yield return $"{s.Name}: no {limit}";
    }

    private static IEnumerable<string> Watched(ComposeService s, ComposeFile file)
    {
        if (!s.IsOneShot && s["restart"] != "unless-stopped") yield return $"{s.Name}: is not started again";
        if (!s.IsOneShot && !s.Has("healthcheck")) yield return $"{s.Name}: no health check";
        foreach (var (other, condition) in s.DependsOn)
        {
            ComposeService? there = file.Services.FirstOrDefault(t => t.Name == other);
            bool fits = condition switch
            {
                "service_healthy" => there is { IsOneShot: false } && there.Has("healthcheck"),
                "service_completed_successfully" => there is { IsOneShot: true },
                _ => false,
            };
            if (!fits) yield return $"{s.Name}: waits for {other} to be '{condition}', which it never is";
        }
    }

    private static IEnumerable<string> Published(ComposeService s)
    {
        foreach (string port in s.List("ports"))
            if (!port.StartsWith("127.0.0.1:", StringComparison.Ordinal)) yield return $"{s.Name}: publishes {port} beyond loopback";
    }

    private static IEnumerable<string> Mounted(ComposeService s, ComposeFile file)
    {
        foreach (string[] mount in s.List("volumes").Select(v => v.Split(':')))
        {
            if (!mount[0].StartsWith('.'))
            {
                if (!file.Volumes.Contains(mount[0])) yield return $"{s.Name}: no volume {mount[0]}";
                continue;
            }
            if (mount is not [_, _, "ro"]) yield return $"{s.Name}: may write to {mount[0]}";
            // Those are made by deploy/prepare: SecretsTests.
            if (mount[0].StartsWith(Secrets, StringComparison.Ordinal)) continue;
            string path = Path.GetRelativePath(Repository.Root, Path.GetFullPath(Path.Combine(Repository.Root, Folder, mount[0])));
            // The dashboards and rules come with the repository; where they are not there yet, none of them is.
            if (!Repository.Exists(path) && (Repository.Exists("dashboards/prometheus") || !path.StartsWith("dashboards/", StringComparison.Ordinal))) yield return $"{s.Name}: there is no {path}";
        }
        foreach (string network in s.List("networks"))
            if (!file.Networks.Contains(network)) yield return $"{s.Name}: no network {network}";
    }

    private static IEnumerable<string> Secret(ComposeService s, ComposeFile file)
    {
        foreach (var (key, value) in s.Environment)
        {
            if (Regex.IsMatch(key, "PASSWORD|TOKEN|SECRET|POSTGRES$", RegexOptions.IgnoreCase) && !key.EndsWith("FILE", StringComparison.Ordinal)) yield return $"{s.Name}: {key} holds a secret";
            if (value.Contains("password=", StringComparison.OrdinalIgnoreCase)) yield return $"{s.Name}: {key} holds a secret";
            if (value.StartsWith(SecretFolder, StringComparison.Ordinal) && !s.List("secrets").Contains(value[SecretFolder.Length..])) yield return $"{s.Name}: {value} is not there";
        }
        foreach (string secret in s.List("secrets"))
            if (file.Secrets.GetValueOrDefault(secret) is not { Length: > 0 }) yield return $"{s.Name}: the secret {secret} comes from no file";
    }

    private static IEnumerable<string> Silo(ComposeService s, ComposeFile file)
    {
        string Setting(string key) => s.Environment.GetValueOrDefault(Repository.Prefix + key, "");
        if (s["image"] != Repository.Image) yield return $"{s.Name}: {s["image"]} is not the image that is built, {Repository.Image}";
        int drain = Setting("DRAINSECONDS") is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : Repository.DefaultDrainSeconds;
        if (s.StopSeconds <= drain + Repository.SecondsToLeave) yield return $"{s.Name}: is killed after {s.StopSeconds} s, while it may drain";
        var listen = new Uri(Setting("LISTEN"));
        if (!listen.IsLoopback && Setting("TOKENFILE") == "") yield return $"{s.Name}: listens on {listen} without tokens";
        // A file that is mounted by itself stays the old one when another is put in its place: a token that was revoked would go on.
        if (Setting("TOKENFILE") is { Length: > 0 } tokens && !s.List("volumes").Select(v => v.Split(':')).Any(m => m[1] == Path.GetDirectoryName(tokens) && m[0].StartsWith(Secrets, StringComparison.Ordinal)))
            yield return $"{s.Name}: {tokens} is in no folder that is mounted";
        if (!Repository.ImagePorts.Contains(listen.Port)) yield return $"{s.Name}: listens on a port that the image does not name";
        foreach (string port in s.List("ports"))
            if (port.Split(':')[^1] != listen.Port.ToString(CultureInfo.InvariantCulture)) yield return $"{s.Name}: publishes {port}, listens on {listen.Port}";
        if (s.AddressOn(Farm) is var address && (address == "" || address != Setting("ADVERTISE"))) yield return $"{s.Name}: advertises {Setting("ADVERTISE")}, has {address}";
        if (!s.List("healthcheck").Contains("test")) yield return $"{s.Name}: no health check";
        if (s.HealthStartSeconds < Repository.SecondsToJoin) yield return $"{s.Name}: counts as unwell while it still tries to join";
        foreach (string needed in (string[])["postgres", "migrate"])
            if (!s.DependsOn.Any(d => d.Service == needed)) yield return $"{s.Name}: does not wait for {needed}";
    }

    private static IEnumerable<string> Cluster(ComposeFile file)
    {
        ComposeService[] silos = [.. file.Services.Where(s => s.IsSilo)];
        if (silos.Length < 3) yield return $"{silos.Length} silos";
        if (!file.IsInternal(Farm)) yield return "the network between the silos leads somewhere";
        foreach (ComposeService other in file.Services.Where(s => !s.IsSilo && s.Name is not "migrate" and not "postgres" && s.List("networks").Contains(Farm))) yield return $"{other.Name}: is on the network between the silos";
        foreach (string key in (string[])["ADVERTISE", "NAME"])
            if (silos.Select(s => s.Environment.GetValueOrDefault(Repository.Prefix + key)).Distinct().Count() < silos.Length) yield return $"two silos have one {key}";
        if (silos.SelectMany(s => s.List("ports")).GroupBy(p => p).Any(g => g.Count() > 1)) yield return "two silos publish one port";
        ComposeService postgres = file.Services.Single(s => s.Name == "postgres"), migrate = file.Services.Single(s => s.Name == "migrate");
        if (postgres.Environment.GetValueOrDefault("POSTGRES_USER") is not { } super || Repository.Roles.Contains(super)) yield return "a role of the farm is made the superuser";
        if (!postgres.List("volumes").Any(v => v.StartsWith(Secrets + "postgres-roles.sql:/docker-entrypoint-initdb.d/", StringComparison.Ordinal))) yield return "nothing makes the roles";
        if (!Repository.AsksByTcp(postgres.HealthTest)) yield return "the server that the first start sets up with passes for the database";
        if (silos.Any(s => s.Environment.GetValueOrDefault(Repository.Prefix + "POSTGRESFILE") == migrate.Environment.GetValueOrDefault(Repository.Prefix + "POSTGRESFILE"))) yield return "the silos log in as the schemas' owner";
        string connections = postgres.List("command").FirstOrDefault(c => c.StartsWith("max_connections=", StringComparison.Ordinal)) ?? "=0";
        if (int.Parse(connections.Split('=')[1], CultureInfo.InvariantCulture) < silos.Length * Repository.ConnectionsPerSilo + 10) yield return $"{connections} are too few connections for {silos.Length} silos";
    }
}
