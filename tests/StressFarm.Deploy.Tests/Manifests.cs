using k8s;
using k8s.Models;
using YamlDotNet.Serialization;

namespace StressFarm.Deploy.Tests;

/// <summary>Kubernetes manifests, read strictly: a field that its API does not have is an error.</summary>
internal sealed class Manifests
{
    public const string Base = "deploy/kubernetes/base";
    /// <summary>Kinds that are not Kubernetes' own; they are read as plain YAML, and held against a list of fields (CustomRules).</summary>
    private static readonly string[] s_custom = ["PodMonitor", "PrometheusRule"];

    private Manifests(IReadOnlyList<object> objects, IReadOnlyList<Dictionary<object, object?>> custom) => (Objects, Custom) = (objects, custom);

    public IReadOnlyList<object> Objects { get; }
    public IReadOnlyList<Dictionary<object, object?>> Custom { get; }
    public IEnumerable<T> All<T>() => Objects.OfType<T>();

    public IEnumerable<(string Name, V1PodTemplateSpec Pod)> Pods =>
    [
        .. All<V1Deployment>().Select(d => (d.Name(), d.Spec.Template)),
        .. All<V1StatefulSet>().Select(s => (s.Name(), s.Spec.Template)),
        .. All<V1Job>().Select(j => (j.Name(), j.Spec.Template)),
    ];

    public V1Deployment Silos => All<V1Deployment>().Single(d => d.Name() == "stressfarm-silo");

    public static Manifests Parse(string text)
    {
        var (objects, custom) = (new List<object>(), new List<Dictionary<object, object?>>());
        foreach (string document in text.Split("\n---\n"))
        {
            var plain = new DeserializerBuilder().Build().Deserialize<Dictionary<object, object?>?>(document);
            if (plain is null) continue;
            if (s_custom.Contains((string?)plain.GetValueOrDefault("kind"))) custom.Add(plain);
            else objects.AddRange(KubernetesYaml.LoadAllFromString(document, null, strict: true));
        }
        return new(objects, custom);
    }

    /// <summary>The base as its kustomization lists it, its ConfigMap made of the settings, without the help of kustomize.</summary>
    public static string BaseText()
    {
        Kustomization kustomization = Kustomization.Read(Base);
        string map = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: stressfarm-settings\ndata:\n"
            + string.Concat(Settings(Repository.Read($"{Base}/settings.env")).Select(s => $"  {s.Key}: \"{s.Value}\"\n"));
        return string.Join("\n---\n", kustomization.Resources.Select(r => Repository.Read($"{Base}/{r}")).Append(map));
    }

    public static IEnumerable<KeyValuePair<string, string>> Settings(string text) =>
        text.Split('\n').Where(l => l.Contains('=') && !l.StartsWith('#')).Select(l => l.Split('=', 2)).Select(p => KeyValuePair.Create(p[0], p[1]));
}

/// <summary>A kustomization, of which each key is one that is known here.</summary>
internal sealed class Kustomization
{
    public string ApiVersion { get; set; } = "";
    public string Kind { get; set; } = "";
    public string Namespace { get; set; } = "";
    public List<string> Resources { get; set; } = [];
    public List<string> Components { get; set; } = [];
    public List<Dictionary<string, object>> Labels { get; set; } = [];
    public List<Generator> ConfigMapGenerator { get; set; } = [];
    public List<Generator> SecretGenerator { get; set; } = [];
    public Dictionary<string, object> GeneratorOptions { get; set; } = [];
    public List<Dictionary<string, string>> Patches { get; set; } = [];
    public List<Dictionary<string, string>> Replicas { get; set; } = [];
    public List<Dictionary<string, string>> Images { get; set; } = [];

    public static Kustomization Read(string folder) =>
        new DeserializerBuilder().WithNamingConvention(YamlDotNet.Serialization.NamingConventions.CamelCaseNamingConvention.Instance).WithDuplicateKeyChecking()
            .Build().Deserialize<Kustomization>(Repository.Read($"{folder}/kustomization.yaml"));

    /// <summary>Every file and folder that it names, relative to its own.</summary>
    public IEnumerable<string> Named => [.. Resources, .. Components, .. Patches.Select(p => p["path"]), .. ConfigMapGenerator.SelectMany(g => g.Envs)];

    internal sealed class Generator
    {
        public string Name { get; set; } = "";
        public List<string> Envs { get; set; } = [];
        public List<string> Files { get; set; } = [];
    }
}
