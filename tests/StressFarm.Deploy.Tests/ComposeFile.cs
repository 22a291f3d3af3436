using System.Globalization;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace StressFarm.Deploy.Tests;

/// <summary>A compose file with its anchors and merges resolved and variables at their defaults.</summary>
internal sealed partial class ComposeFile
{
    private readonly Dictionary<object, object?> _root;

    private ComposeFile(Dictionary<object, object?> root) => _root = root;

    public static ComposeFile Parse(string text, IReadOnlyDictionary<string, string> variables)
    {
        string filled = Variable().Replace(text, m => variables.GetValueOrDefault(m.Groups[1].Value) ?? m.Groups[3].Value);
        // A merge may be overridden; what is written twice in one place may not.
        new DeserializerBuilder().WithDuplicateKeyChecking().Build().Deserialize<object>(filled);
        return new(new DeserializerBuilder().Build().Deserialize<Dictionary<object, object?>>(new MergingParser(new Parser(new StringReader(filled)))));
    }

    /// <summary>The names of the variables that a text takes from the environment.</summary>
    public static IReadOnlySet<string> VariablesOf(string text) => Variable().Matches(text).Select(m => m.Groups[1].Value).ToHashSet();

    /// <summary>Those of them that have no default.</summary>
    public static IReadOnlySet<string> DemandedBy(string text) => Variable().Matches(text).Where(m => m.Groups[2].Value.StartsWith(":?", StringComparison.Ordinal)).Select(m => m.Groups[1].Value).ToHashSet();

    public IEnumerable<ComposeService> Services => Section("services").Select(s => new ComposeService((string)s.Key, (Dictionary<object, object?>)s.Value!));
    public IReadOnlySet<string> Volumes => Names("volumes");
    public IReadOnlySet<string> Networks => Names("networks");
    public IReadOnlyDictionary<string, string> Secrets => Section("secrets").ToDictionary(s => (string)s.Key, s => Text(((Dictionary<object, object?>)s.Value!).GetValueOrDefault("file")));
    public bool IsInternal(string network) => Section("networks").GetValueOrDefault(network) is Dictionary<object, object?> n && Text(n.GetValueOrDefault("internal")) == "true";

    private Dictionary<object, object?> Section(string name) => _root.GetValueOrDefault(name) as Dictionary<object, object?> ?? [];
    private IReadOnlySet<string> Names(string section) => Section(section).Keys.Cast<string>().ToHashSet();

    internal static string Text(object? value) => value as string ?? "";

    [GeneratedRegex(@"\$\{(\w+)(:[-?]([^}]*))?\}")]
    private static partial Regex Variable();
}

/// <summary>One service of it.</summary>
internal sealed class ComposeService(string name, Dictionary<object, object?> node)
{
    public string Name => name;
    public string this[string key] => ComposeFile.Text(node.GetValueOrDefault(key));
    public bool Has(string key) => node.GetValueOrDefault(key) is not null;
    public IReadOnlyList<string> List(string key) => node.GetValueOrDefault(key) switch
    {
        List<object?> items => [.. items.Select(ComposeFile.Text)],
        Dictionary<object, object?> map => [.. map.Keys.Cast<string>()],
        _ => [],
    };
    public IReadOnlyDictionary<string, string> Map(string key) =>
        node.GetValueOrDefault(key) is Dictionary<object, object?> map ? map.ToDictionary(p => (string)p.Key, p => ComposeFile.Text(p.Value)) : new Dictionary<string, string>();
    public IReadOnlyDictionary<string, string> Environment => Map("environment");
    public IEnumerable<(string Service, string Condition)> DependsOn =>
        node.GetValueOrDefault("depends_on") is Dictionary<object, object?> map ? map.Select(p => ((string)p.Key, ComposeFile.Text((p.Value as Dictionary<object, object?>)?.GetValueOrDefault("condition")))) : [];
    public string AddressOn(string network) =>
        node.GetValueOrDefault("networks") is Dictionary<object, object?> map && map.GetValueOrDefault(network) is Dictionary<object, object?> entry ? ComposeFile.Text(entry.GetValueOrDefault("ipv4_address")) : "";
    public bool IsSilo => Environment.ContainsKey(Repository.Prefix + "LISTEN");
    /// <summary>It is to end well; when it does not it is tried again.</summary>
    public bool IsOneShot => this["restart"].StartsWith("on-failure", StringComparison.Ordinal);
    public IReadOnlyList<string> HealthTest => Health("test") is List<object?> words ? [.. words.Select(ComposeFile.Text)] : [];
    /// <summary>How long a check may fail after the start.</summary>
    public int HealthStartSeconds => Seconds(ComposeFile.Text(Health("start_period")), otherwise: 0);
    public int StopSeconds => Seconds(this["stop_grace_period"], otherwise: 10);

    private object? Health(string key) => (node.GetValueOrDefault("healthcheck") as Dictionary<object, object?>)?.GetValueOrDefault(key);
    private static int Seconds(string text, int otherwise) => text.EndsWith('s') ? int.Parse(text[..^1], CultureInfo.InvariantCulture) : otherwise;
}
