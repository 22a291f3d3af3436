using System.Text.RegularExpressions;
using YamlDotNet.Serialization;

namespace StressFarm.Deploy.Tests;

/// <summary>What must be true between the compose file and the configuration of what watches the farm in it.</summary>
internal static class WatchRules
{
    private const string Mounted = "/etc/prometheus/";

    public static IReadOnlyList<string> Faults(ComposeFile file, string prometheus, string grafana)
    {
        var faults = new List<string>();
        ComposeService scraper = file.Services.Single(s => s.Name == "prometheus");
        Dictionary<string, object> config = Yaml(prometheus), job = Maps(config["scrape_configs"]).Single();
        if ((string)job["job_name"] != Repository.AlertJob) faults.Add("the job is not the one that the alerts name");
        string[] targets = [.. TargetsOf(job)];
        string[] silos = [.. file.Services.Where(s => s.IsSilo).Select(s => $"{s.Name}:{new Uri(s.Environment[Repository.Prefix + "LISTEN"]).Port}")];
        faults.AddRange(targets.Except(silos).Select(t => $"{t} is scraped, where nothing listens"));
        faults.AddRange(silos.Except(targets).Select(s => $"{s.Split(':')[0]} is not scraped"));
        faults.AddRange(file.Services.Where(s => s.IsSilo && !s.List("networks").Intersect(scraper.List("networks")).Any()).Select(s => $"prometheus does not reach {s.Name}"));
        string token = (string)Map(job["authorization"])["credentials_file"];
        if (!scraper.List("secrets").Any(s => token == $"/run/secrets/{s}")) faults.Add($"prometheus does not have {token}");
        foreach (string rules in ((List<object>)config["rule_files"]).Cast<string>())
            if (!scraper.List("volumes").Any(v => v.Contains($":{Mounted}{Path.GetDirectoryName(rules)}:", StringComparison.Ordinal))) faults.Add("the rules are not where they are mounted");
        foreach (string alerts in Maps(Map(config["alerting"])["alertmanagers"]).SelectMany(TargetsOf))
            if (!file.Services.Any(s => s.List("ports").Any(p => $"{s.Name}:{p.Split(':')[^1]}" == alerts))) faults.Add($"alerts go to {alerts}, where nothing listens");
        string url = (string)Maps(Yaml(grafana)["datasources"]).Single()["url"];
        if (!file.Services.Any(s => s.List("ports").Any(p => $"http://{s.Name}:{p.Split(':')[^1]}" == url))) faults.Add($"Grafana asks {url}, where nothing listens");
        return faults;
    }

    /// <summary>What must be true of a job that scrapes silos, wherever it is shown, also in a comment.</summary>
    public static IEnumerable<string> ScrapeFaults(string text)
    {
        string[] files = [.. Regex.Matches(text, @"credentials_file: (\S+)").Select(m => Path.GetFileName(m.Groups[1].Value))];
        if (files.Length == 0 || text.Contains("credentials: ", StringComparison.Ordinal)) yield return "no token from a file";
        foreach (string file in files.Where(f => f != "metrics-token")) yield return $"{file} is another name than metrics-token";
        if (text.Contains("scheme: https", StringComparison.Ordinal)) yield break;
        // Names without a dot are those of a network of containers.
        foreach (Match address in Regex.Matches(text, @"[\[ ](?!127\.)(\d+(\.\d+){3}:\d+)")) yield return $"{address.Groups[1].Value} is sent a token without TLS";
    }

    private static IEnumerable<string> TargetsOf(Dictionary<string, object> owner) => Maps(owner["static_configs"]).SelectMany(c => ((List<object>)c["targets"]).Cast<string>());
    private static Dictionary<string, object> Yaml(string text) => new DeserializerBuilder().WithDuplicateKeyChecking().Build().Deserialize<Dictionary<string, object>>(text);
    private static Dictionary<string, object> Map(object node) => ((Dictionary<object, object>)node).ToDictionary(p => (string)p.Key, p => p.Value);
    private static IEnumerable<Dictionary<string, object>> Maps(object node) => ((List<object>)node).Select(Map);
}
