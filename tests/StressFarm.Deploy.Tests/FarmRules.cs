using System.Data.Common;
using System.Globalization;
using System.Text;
using k8s.Models;

namespace StressFarm.Deploy.Tests;

/// <summary>What must be true of the farm's own manifests, and between them.</summary>
internal static class FarmRules
{
    private const int Names = 53, Postgres = 5432;

    public static IReadOnlyList<string> Faults(Manifests set) => [.. PodRules.Faults(set), .. Silo(set), .. Probes(set), .. Selected(set), .. Network(set), .. Scaled(set), .. Secrets(set), .. Roles(set), .. set.Custom.SelectMany(CustomRules.Faults)];

    private static V1Container Container(Manifests set) => set.Silos.Spec.Template.Spec.Containers.Single(c => c.Name == "silo");

    /// <summary>Everything that a silo is told.</summary>
    private static Dictionary<string, string> Settings(Manifests set)
    {
        V1Container silo = Container(set);
        var settings = new Dictionary<string, string>();
        foreach (V1EnvFromSource source in silo.EnvFrom ?? [])
            foreach (var (key, value) in set.All<V1ConfigMap>().FirstOrDefault(m => m.Name() == source.ConfigMapRef?.Name)?.Data ?? new Dictionary<string, string>()) settings[key] = value;
        foreach (V1EnvVar variable in silo.Env ?? []) settings[variable.Name] = variable.Value ?? variable.ValueFrom?.FieldRef?.FieldPath ?? "";
        return settings;
    }

    private static IEnumerable<string> Silo(Manifests set)
    {
        V1Deployment silos = set.Silos;
        V1PodSpec pod = silos.Spec.Template.Spec;
        V1Container silo = Container(set);
        Dictionary<string, string> settings = Settings(set);
        string Setting(string key) => settings.GetValueOrDefault(Repository.Prefix + key, "");
        foreach (string fault in Repository.SettingFaults("settings", settings.Keys)) yield return fault;
        if (!silo.Image.EndsWith(Repository.Image, StringComparison.Ordinal)) yield return $"{silo.Image} is not the image that is built, {Repository.Image}";
        if (pod.SecurityContext?.RunAsUser?.ToString(CultureInfo.InvariantCulture) != Repository.SiloProperty("ContainerUser")) yield return "the pod runs as another user than the image's";
        if (Setting("ADVERTISE") != "status.podIP") yield return "a silo does not advertise its pod's address";
        if (Setting("NAME") != "metadata.name") yield return "a silo has not its pod's name";
        if (!Uri.TryCreate(Setting("LISTEN"), UriKind.Absolute, out Uri? listen)) yield return "the silos listen on loopback only";
        else if (listen.Port != PodRules.Ports(silo).GetValueOrDefault("api")) yield return $"the silos listen on {listen.Port}, the pod names {PodRules.Ports(silo).GetValueOrDefault("api")}";
        if (Setting("SILOPORT") != PodRules.Ports(silo).GetValueOrDefault("silo").ToString(CultureInfo.InvariantCulture)) yield return "the port between silos is another one than the pod's";
        if (!PodRules.Ports(silo).Values.Order().SequenceEqual(Repository.ImagePorts.Order())) yield return "the pod has other ports than the image";
        foreach (string key in (string[])["TOKENFILE", "POSTGRESFILE"])
            if (!(silo.VolumeMounts ?? []).Any(m => Path.GetDirectoryName(Setting(key)) == m.MountPath && pod.Volumes.Any(v => v.Name == m.Name && v.Secret is not null))) yield return $"{key} is in no secret";
        int drain = Setting("DRAINSECONDS") is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : Repository.DefaultDrainSeconds;
        long pause = silo.Lifecycle?.PreStop?.Sleep?.Seconds ?? 0;
        if ((pod.TerminationGracePeriodSeconds ?? 30) <= pause + drain + Repository.SecondsToLeave) yield return $"a silo is killed after {pod.TerminationGracePeriodSeconds} s, while it may drain";
        if (silos.Spec.Strategy?.RollingUpdate?.MaxUnavailable?.Value != "0") yield return "a roll-out takes silos away before others are there";
        if (!(pod.TopologySpreadConstraints ?? []).Any(c => c.TopologyKey == "kubernetes.io/hostname" && Matches(c.LabelSelector, silos.Spec.Template))) yield return "silos are not spread over nodes";
        if (pod.ServiceAccountName is { } account && !set.All<V1ServiceAccount>().Any(a => a.Name() == account && a.AutomountServiceAccountToken == false)) yield return $"no service account {account} without a token";
    }

    private static IEnumerable<string> Probes(Manifests set)
    {
        V1Container silo = Container(set);
        foreach (var (name, probe) in new[] { ("startup", silo.StartupProbe), ("liveness", silo.LivenessProbe), ("readiness", silo.ReadinessProbe) })
            if (probe?.HttpGet is null) yield return $"no {name} probe";
            else if (!Repository.OpenAddresses.Contains(probe.HttpGet.Path)) yield return $"the {name} probe asks {probe.HttpGet.Path}, which a silo does not answer without a token";
        // A silo whose database is away is not to be killed for it.
        if (silo.LivenessProbe?.HttpGet?.Path == "/health/ready") yield return "a silo is killed when its database is away";
        if (silo.StartupProbe is { } start && (start.PeriodSeconds ?? 10) * (start.FailureThreshold ?? 3) <= Repository.SecondsToJoin) yield return "a silo is killed while it still tries to join";
        if ((silo.ReadinessProbe?.TimeoutSeconds ?? 1) <= Repository.SecondsToBeReady) yield return "the readiness probe gives up before a silo does";
    }

    private static IEnumerable<string> Selected(Manifests set)
    {
        foreach (V1Service service in set.All<V1Service>())
        {
            var pods = set.Pods.Where(p => service.Spec.Selector.All(s => p.Pod.Metadata.Labels.Contains(s))).ToArray();
            if (pods is not [var (_, pod)])
            {
                yield return $"the service {service.Name()} selects {pods.Length} workloads";
                continue;
            }
            var ports = pod.Spec.Containers.SelectMany(c => PodRules.Ports(c)).ToDictionary();
            foreach (V1ServicePort port in service.Spec.Ports)
                if (ports.GetValueOrDefault(port.TargetPort.Value) != port.Port) yield return $"the service {service.Name()} sends {port.Port} to {port.TargetPort.Value}, which the pod does not have there";
        }
        foreach (V1PodDisruptionBudget budget in set.All<V1PodDisruptionBudget>())
            if (!Matches(budget.Spec.Selector, set.Silos.Spec.Template)) yield return "the disruption budget is for other pods";
            else if (set.Pods.Count(p => Matches(budget.Spec.Selector, p.Pod)) != 1) yield return "the disruption budget is for more than the silos";
        if (!set.All<V1PodDisruptionBudget>().Any(b => b.Spec.MaxUnavailable?.Value == "1")) yield return "no disruption budget of one silo";
        foreach (V1Deployment deployment in set.All<V1Deployment>())
            if (!Matches(deployment.Spec.Selector, deployment.Spec.Template)) yield return $"{deployment.Name()} does not select its own pods";
        foreach (var monitor in set.Custom.Where(c => (string?)c["kind"] == "PodMonitor"))
        {
            var spec = (Dictionary<object, object?>)monitor["spec"]!;
            var labels = (Dictionary<object, object?>)((Dictionary<object, object?>)spec["selector"]!)["matchLabels"]!;
            if (!labels.All(l => set.Silos.Spec.Template.Metadata.Labels.TryGetValue((string)l.Key, out string? v) && v == (string?)l.Value)) yield return "the monitor is for other pods";
            // Without it the operator makes a job of the namespace and the monitor's name.
            if (spec.GetValueOrDefault("jobLabel") is not string job || !set.Silos.Spec.Template.Metadata.Labels.Contains(KeyValuePair.Create(job, Repository.AlertJob))) yield return $"the job is not {Repository.AlertJob}, which the alerts name";
            var end = (Dictionary<object, object?>)((List<object>)spec["podMetricsEndpoints"]!)[0];
            if (!PodRules.Ports(Container(set)).ContainsKey((string)end["port"]!) || (string?)end["path"] != "/metrics" || !end.ContainsKey("authorization")) yield return "the monitor does not ask for /metrics with a token";
        }
        foreach (V1Ingress ingress in set.All<V1Ingress>())
        {
            if (ingress.Spec.Tls is not { Count: > 0 }) yield return "the ingress has no TLS";
            foreach (V1IngressServiceBackend backend in ingress.Spec.Rules.SelectMany(r => r.Http.Paths).Select(p => p.Backend.Service))
                if (!set.All<V1Service>().Any(s => s.Name() == backend.Name && s.Spec.Ports.Any(p => p.Name == backend.Port.Name))) yield return $"the ingress sends to {backend.Name}, which there is not";
        }
    }

    private static IEnumerable<string> Network(Manifests set)
    {
        V1NetworkPolicy[] policies = [.. set.All<V1NetworkPolicy>()];
        if (!policies.Any(p => p.Spec.PodSelector.MatchLabels is null or { Count: 0 } && p.Spec.PolicyTypes.Order().SequenceEqual(["Egress", "Ingress"]) && p.Spec.Ingress is null or { Count: 0 } && p.Spec.Egress is null or { Count: 0 }))
            yield return "what no policy names is let through";
        var ports = PodRules.Ports(Container(set));
        foreach (V1NetworkPolicy policy in policies)
        {
            if (policy.Spec.PodSelector.MatchLabels is { Count: > 0 } && !set.Pods.Any(p => Matches(policy.Spec.PodSelector, p.Pod))) yield return $"the policy {policy.Name()} is for no pod";
            foreach (V1NetworkPolicyIngressRule rule in policy.Spec.Ingress ?? [])
            {
                if (rule.FromProperty is not { Count: > 0 } || rule.Ports is not { Count: > 0 })
                {
                    yield return $"the policy {policy.Name()} lets everybody in";
                    continue;
                }
                foreach (int port in rule.Ports.Select(p => int.Parse(p.Port.Value, CultureInfo.InvariantCulture)))
                {
                    if (port == ports.GetValueOrDefault("silo") && !rule.FromProperty.All(f => f.PodSelector is { } from && f.NamespaceSelector is null && from.MatchLabels?.Count > 0 && set.Pods.Count(p => Matches(from, p.Pod)) == 1 && Matches(from, set.Silos.Spec.Template)))
                        yield return $"the policy {policy.Name()} lets others than silos to the port between silos";
                    if (!ports.Values.Contains(port) && port != Postgres) yield return $"the policy {policy.Name()} opens {port}, where nothing listens";
                }
            }
            foreach (int port in (policy.Spec.Egress ?? []).SelectMany(e => e.Ports ?? []).Select(p => int.Parse(p.Port.Value, CultureInfo.InvariantCulture)))
                if (port is not Names and not Postgres && port != ports.GetValueOrDefault("silo")) yield return $"the policy {policy.Name()} lets silos out to {port}";
            if ((policy.Spec.Egress ?? []).Any(e => e.To is not { Count: > 0 } || e.Ports is not { Count: > 0 })) yield return $"the policy {policy.Name()} lets silos out to everywhere";
        }
        foreach (string name in (string[])["api", "silo"])
            if (!policies.SelectMany(p => p.Spec.Ingress ?? []).SelectMany(i => i.Ports ?? []).Any(p => p.Port.Value == ports.GetValueOrDefault(name).ToString(CultureInfo.InvariantCulture))) yield return $"nobody is let to the port {name}";
    }

    private static IEnumerable<string> Scaled(Manifests set)
    {
        foreach (V2HorizontalPodAutoscaler scaler in set.All<V2HorizontalPodAutoscaler>())
        {
            if (scaler.Spec.ScaleTargetRef.Name != set.Silos.Name() || scaler.Spec.ScaleTargetRef.Kind != "Deployment") yield return "the autoscaler is for something else";
            if (set.Silos.Spec.Replicas is not null) yield return "each roll-out undoes what the autoscaler did";
            if (scaler.Spec.MaxReplicas * Repository.ConnectionsPerSilo > RoleLimit()) yield return $"{scaler.Spec.MaxReplicas} silos need more connections than the role has";
        }
    }

    private static IEnumerable<string> Secrets(Manifests set)
    {
        foreach (V1Secret secret in set.All<V1Secret>())
            foreach (var (key, value) in secret.StringData ?? new Dictionary<string, string>())
                if (!value.Contains("REPLACE", StringComparison.Ordinal)) yield return $"the secret {secret.Name()} holds {key}";
        string[] shown = [.. set.All<V1Secret>().Select(s => s.Name())];
        foreach (string wanted in set.Pods.SelectMany(p => p.Pod.Spec.Volumes ?? []).Select(v => v.Secret?.SecretName).OfType<string>().Distinct())
            if (shown.Length > 0 && !shown.Contains(wanted)) yield return $"nothing makes the secret {wanted}";
    }

    private static IEnumerable<string> Roles(Manifests set)
    {
        foreach (var (component, role) in new[] { ("silo", "farm"), ("migrate", "farm_owner") })
        {
            V1PodTemplateSpec pod = set.Pods.Select(p => p.Pod).Single(p => p.Metadata.Labels.Contains(KeyValuePair.Create("app.kubernetes.io/component", component)));
            string secret = pod.Spec.Volumes.Single(v => v.Name == "postgres").Secret.SecretName;
            foreach (string connection in set.All<V1Secret>().Where(s => s.Name() == secret).Select(s => s.StringData?["connection"] ?? Encoding.UTF8.GetString(s.Data["connection"])))
            {
                new DbConnectionStringBuilder { ConnectionString = connection }.TryGetValue("Username", out object? user);
                if (!role.Equals(user) || !Repository.Roles.Contains(role)) yield return $"the {component} does not log in as {role}";
            }
        }
        foreach (V1Container database in set.Pods.SelectMany(p => p.Pod.Spec.Containers).Where(c => (c.Env ?? []).Any(e => e.Name == "POSTGRES_DB")))
        {
            if (Repository.Roles.Contains(database.Env.FirstOrDefault(e => e.Name == "POSTGRES_USER")?.Value)) yield return "a role of the farm is made the superuser";
            if (!database.VolumeMounts.Any(m => m.MountPath == "/docker-entrypoint-initdb.d")) yield return "nothing makes the roles";
            foreach (V1Probe probe in (V1Probe[])[database.ReadinessProbe, database.LivenessProbe])
                if (!Repository.AsksByTcp(probe.Exec.Command)) yield return "the server that the first start sets up with passes for the database";
        }
    }

    /// <summary>The connections that the silos' role may have.</summary>
    public static int RoleLimit()
    {
        string[] words = Repository.Read("deploy/postgres-roles.sql").Split((char[])[' ', ';', '\n']);
        return int.Parse(words[Array.IndexOf(words, "LIMIT") + 1], CultureInfo.InvariantCulture);
    }

    private static bool Matches(V1LabelSelector selector, V1PodTemplateSpec pod) =>
        selector.MatchExpressions is null or { Count: 0 } && (selector.MatchLabels ?? new Dictionary<string, string>()).All(l => pod.Metadata.Labels.Contains(l));
}
