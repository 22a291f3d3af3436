using k8s.Models;

namespace StressFarm.Deploy.Tests;

public sealed class KubernetesTests
{
    private const string Folder = "deploy/kubernetes";
    private static readonly string s_text = Manifests.BaseText();

    [Fact]
    public void The_base_holds_what_it_promises() => Assert.Equal([], FarmRules.Faults(Manifests.Parse(s_text)));

    [Fact]
    public void The_example_of_the_secrets_has_the_ones_that_are_mounted_and_nothing_real()
    {
        Manifests example = Manifests.Parse(s_text + "\n---\n" + Repository.Read($"{Manifests.Base}/secrets.example.yaml"));
        Assert.Equal([], FarmRules.Faults(example));
        Assert.NotEmpty(example.All<V1Secret>());
    }

    [NeedsFact("kubectl")]
    public void The_production_overlay_as_kustomize_renders_it()
    {
        Manifests rendered = Manifests.Parse(Render($"{Folder}/overlays/production"));
        Assert.Equal([], FarmRules.Faults(rendered));
        Assert.Single(rendered.All<V2HorizontalPodAutoscaler>());
        Assert.Single(rendered.All<V1Ingress>());
        Assert.Equal(["PodMonitor", "PrometheusRule"], rendered.Custom.Select(c => (string)c["kind"]!).Order(StringComparer.Ordinal));
        Assert.All(rendered.Pods, p => Assert.StartsWith("registry.example/", p.Pod.Spec.Containers[0].Image, StringComparison.Ordinal));
        // The autoscaler's target is below what busy workers use.
        V1ResourceRequirements size = rendered.Silos.Spec.Template.Spec.Containers[0].Resources;
        int cores = size.Requests["cpu"].ToInt32();
        Assert.Equal(size.Requests["cpu"].ToInt32(), size.Limits["cpu"].ToInt32());
        Assert.True(rendered.All<V2HorizontalPodAutoscaler>().Single().Spec.Metrics[0].Resource.Target.AverageUtilization < 100 * (cores - 1) / cores);
    }

    [NeedsFact("kubectl")]
    public void The_local_overlay_as_kustomize_renders_it()
    {
        // Its secrets are files that deploy/prepare makes: in a copy, other ones.
        string copy = Directory.CreateTempSubdirectory("stressfarm-kustomize-").FullName;
        try
        {
            foreach (string file in Directory.GetFiles(Path.Combine(Repository.Root, Folder), "*", SearchOption.AllDirectories))
            {
                string to = Path.Combine(copy, Path.GetRelativePath(Path.Combine(Repository.Root, Folder), file));
                Directory.CreateDirectory(Path.GetDirectoryName(to)!);
                File.Copy(file, to, overwrite: true);
            }
            string secrets = Directory.CreateDirectory(Path.Combine(copy, "overlays/local/secrets")).FullName;
            Directory.CreateDirectory(Path.Combine(secrets, "silo"));
            foreach (var (name, text) in new[] { ("postgres", "Username=farm"), ("postgres-owner", "Username=farm_owner"), ("postgres-password", "nothing"), ("postgres-roles.sql", "nothing"), ("silo/tokens", "nothing") })
                File.WriteAllText(Path.Combine(secrets, name), text);
            Manifests rendered = Manifests.Parse(Render(Path.Combine(copy, "overlays/local")));
            Assert.Equal([], FarmRules.Faults(rendered));
            Assert.Equal(5, rendered.All<V1Secret>().Count());
            Assert.Single(rendered.All<V1StatefulSet>());
            Assert.Equal(2, rendered.Silos.Spec.Replicas);
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }

    [Theory]
    [InlineData("base")]
    [InlineData("overlays/local")]
    [InlineData("overlays/production")]
    [InlineData("components/prometheus-operator")]
    public void A_kustomization_lists_what_is_there_and_all_of_it(string folder)
    {
        Kustomization kustomization = Kustomization.Read($"{Folder}/{folder}");
        Assert.Equal(folder.StartsWith("components", StringComparison.Ordinal) ? "Component" : "Kustomization", kustomization.Kind);
        Assert.All(kustomization.Named, n => Assert.True(Repository.Exists($"{Folder}/{folder}/{n}"), $"there is no {n}"));
        Assert.All(kustomization.SecretGenerator.SelectMany(g => g.Files), f => Assert.Contains("=secrets/", f, StringComparison.Ordinal));
        string[] there = [.. Directory.GetFiles(Path.Combine(Repository.Root, Folder, folder)).Select(f => Path.GetFileName(f)!).Where(f => f is not "kustomization.yaml" and not "secrets.example.yaml").Order(StringComparer.Ordinal)];
        Assert.Equal(there, kustomization.Named.Where(n => !n.Contains("..", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    /// <summary>The operator wants the rules inside a resource of its own. Rewritten with STRESSFARM_GOLDEN=write, as golden files are.</summary>
    [Fact]
    public void The_operators_rules_are_those_of_Prometheus()
    {
        string file = Path.Combine(Repository.Root, $"{Folder}/components/prometheus-operator/rules.yaml");
        string made = """
            # dashboards/prometheus/rules, for the Prometheus operator. Made by StressFarm.Deploy.Tests with STRESSFARM_GOLDEN=write.
            apiVersion: monitoring.coreos.com/v1
            kind: PrometheusRule
            metadata:
              name: stressfarm
              labels: { release: kube-prometheus-stack }
            spec:
              groups:

            """ + string.Concat(Directory.GetFiles(Path.Combine(Repository.Root, "dashboards/prometheus/rules"), "*.rules.yaml").Order(StringComparer.Ordinal)
                .SelectMany(f => File.ReadAllText(f).Split("\ngroups:\n")[1].TrimEnd('\n').Split('\n')).Select(l => l.Length == 0 ? "\n" : $"  {l}\n"));
        if (Environment.GetEnvironmentVariable("STRESSFARM_GOLDEN") == "write") File.WriteAllText(file, made);
        Assert.Equal(made, File.ReadAllText(file));
        Assert.Equal([], CustomRules.Faults(Manifests.Parse(made).Custom.Single()));
    }

    /// <summary>Names that another cluster has other ones for; nobody finds them by a silo that waits for DNS.</summary>
    [Fact]
    public void The_head_of_the_production_overlay_lists_what_is_a_sites_own()
    {
        string overlay = Repository.Read($"{Folder}/overlays/production/kustomization.yaml"), head = overlay[..overlay.IndexOf("apiVersion:", StringComparison.Ordinal)];
        string Beside(string file) => Repository.Read($"{Folder}/overlays/production/{file}");
        Manifests set = Manifests.Parse($"{s_text}\n---\n{Beside("to-postgres.yaml")}\n---\n{Beside("ingress.yaml")}");
        V1NetworkPolicyPeer[] peers = [.. set.All<V1NetworkPolicy>().SelectMany(p => (p.Spec.Ingress ?? []).SelectMany(i => i.FromProperty).Concat((p.Spec.Egress ?? []).SelectMany(e => e.To)))];
        string[] names =
        [
            .. peers.Where(p => p.NamespaceSelector is not null).SelectMany(p => p.NamespaceSelector.MatchLabels.Values.Concat(p.PodSelector?.MatchLabels.Values ?? [])).Where(n => n != "kube-system"),
            .. peers.Select(p => p.IpBlock?.Cidr.Split('/')[0]).OfType<string>(), .. set.All<V1Ingress>().SelectMany(i => i.Spec.Rules.Select(r => r.Host).Append(i.Spec.IngressClassName)),
            .. Kustomization.Read($"{Folder}/overlays/production").Images.Select(i => i["newName"].Split('/')[0]),
        ];
        Assert.Equal(7, names.Length);
        IEnumerable<string> Unlisted(string text) => names.Where(n => !System.Text.RegularExpressions.Regex.IsMatch(text, $@"(?<![\w.-]){n}(?![\w-]|\.\w)"));
        Assert.Equal([], Unlisted(head));
        Assert.All(names, n => Assert.Contains(n, Unlisted(head.Replace(n, "x" + n, StringComparison.Ordinal))));
    }

    [Fact]
    public void A_field_that_the_api_does_not_have_is_told() =>
        Assert.ThrowsAny<Exception>(() => Manifests.Parse(s_text.Replace("readOnlyRootFilesystem", "readOnlyRootFileSystem", StringComparison.Ordinal)));

    /// <summary>Each rule catches what it is for.</summary>
    [Theory]
    [InlineData("image: stressfarm-silo:0.1.0", "image: stressfarm-silo:latest", "is not pinned")]
    [InlineData("image: stressfarm-silo:0.1.0", "image: stressfarm-silo:0.0.9", "is not the image that is built")]
    [InlineData("runAsNonRoot: true", "runAsNonRoot: false", "may run as root")]
    [InlineData("runAsUser: 1654", "runAsUser: 1000", "another user than the image's")]
    [InlineData("type: RuntimeDefault", "type: Unconfined", "no seccomp profile")]
    [InlineData("      automountServiceAccountToken: false\n", "", "is given a token of the cluster")]
    [InlineData("  name: stressfarm\nautomountServiceAccountToken: false", "  name: stressfarm\nautomountServiceAccountToken: true", "no service account")]
    [InlineData("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "stressfarm-silo/silo: can write to its image")]
    [InlineData("allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true", "may gain privileges")]
    [InlineData("drop: [ALL]", "drop: [NET_RAW]", "keeps capabilities")]
    [InlineData("limits: { cpu: \"2\", memory: 1Gi }", "limits: { cpu: \"2\" }", "no limit of memory")]
    [InlineData("defaultMode: 0440", "defaultMode: 0444", "others may read tokens")]
    [InlineData("medium: Memory, sizeLimit: 16Mi", "medium: Memory", "has no limit")]
    [InlineData("        - name: tokens\n          secret:", "        - name: token\n          secret:", "no volume tokens")]
    [InlineData("emptyDir: { medium: Memory, sizeLimit: 16Mi }", "hostPath: { path: /tmp }", "mounts the host's /tmp")]
    [InlineData("value: /etc/stressfarm/postgres/connection", "value: Host=db;Password=x", "holds a secret")]
    [InlineData("STRESSFARM_SILO_SILOPORT", "STRESSFARM_SILO_PORT", "no silo takes the setting STRESSFARM_SILO_PORT")]
    [InlineData("- name: STRESSFARM_SILO_ADVERTISE", "- name: STRESSFARM_SILO_ADVERTIZE", "no silo takes the setting STRESSFARM_SILO_ADVERTIZE")]
    [InlineData("fieldPath: status.podIP", "fieldPath: status.hostIP", "does not advertise its pod's address")]
    [InlineData("http://0.0.0.0:8650", "http://0.0.0.0:8080", "listen on 8080")]
    [InlineData("STRESSFARM_SILO_SILOPORT: \"11111\"", "STRESSFARM_SILO_SILOPORT: \"11112\"", "the port between silos is another one")]
    [InlineData("containerPort: 11111", "containerPort: 11112", "other ports than the image")]
    [InlineData("/etc/stressfarm/tokens/tokens", "/etc/stressfarm/secrets/tokens", "TOKENFILE is in no secret")]
    [InlineData("configMapRef:\n                name: stressfarm-settings", "configMapRef:\n                name: settings", "the silos listen on loopback only")]
    [InlineData("terminationGracePeriodSeconds: 60", "terminationGracePeriodSeconds: 35", "while it may drain")]
    [InlineData("STRESSFARM_SILO_DRAINSECONDS: \"10\"", "STRESSFARM_SILO_DRAINSECONDS: \"35\"", "while it may drain")]
    [InlineData("sleep: { seconds: 5 }", "sleep: { seconds: 30 }", "while it may drain")]
    [InlineData("maxUnavailable: 0", "maxUnavailable: 1", "takes silos away")]
    [InlineData("topologyKey: kubernetes.io/hostname", "topologyKey: rack", "not spread over nodes")]
    [InlineData("path: /health/ready", "path: /health/readyz", "does not answer without a token")]
    [InlineData("path: /health/ready", "path: /metrics", "does not answer without a token")]
    [InlineData("path: /health/live", "path: /health/ready", "killed when its database is away")]
    [InlineData("          livenessProbe:\n            httpGet: { path: /health/live, port: api }\n            periodSeconds: 10\n            timeoutSeconds: 5\n            failureThreshold: 6\n", "", "no liveness probe")]
    [InlineData("timeoutSeconds: 5", "timeoutSeconds: 3", "gives up before a silo does")]
    [InlineData("failureThreshold: 180", "failureThreshold: 60", "killed while it still tries to join")]
    [InlineData("path: /health/live, port: api", "path: /health/live, port: http", "asks the port http")]
    [InlineData("targetPort: silo", "targetPort: gossip", "sends 11111 to gossip")]
    [InlineData("port: 8650, targetPort", "port: 80, targetPort", "sends 80 to api")]
    [InlineData("  selector:\n    app.kubernetes.io/name: stressfarm\n    app.kubernetes.io/component: silo", "  selector:\n    app.kubernetes.io/name: stressfarm", "selects 2 workloads")]
    [InlineData("  selector:\n    matchLabels:\n      app.kubernetes.io/name: stressfarm\n      app.kubernetes.io/component: silo", "  selector:\n    matchLabels:\n      app.kubernetes.io/name: silo", "the disruption budget is for other pods")]
    [InlineData("  selector:\n    matchLabels:\n      app.kubernetes.io/name: stressfarm\n      app.kubernetes.io/component: silo", "  selector:\n    matchLabels:\n      app.kubernetes.io/name: stressfarm", "for more than the silos")]
    [InlineData("  maxUnavailable: 1\n  unhealthy", "  maxUnavailable: 2\n  unhealthy", "no disruption budget of one silo")]
    [InlineData("policyTypes: [Ingress, Egress]\n---", "policyTypes: [Ingress]\n---", "what no policy names is let through")]
    [InlineData("- podSelector: *silos", "- podSelector: {}", "lets others than silos to the port between silos")]
    [InlineData("    - from:\n        - namespaceSelector:\n            matchLabels: { kubernetes.io/metadata.name: ingress-nginx }\n        - namespaceSelector:\n            matchLabels: { kubernetes.io/metadata.name: monitoring }\n      ports:", "    - ports:", "lets everybody in")]
    [InlineData("protocol: TCP, port: 8650", "protocol: TCP, port: 8080", "opens 8080, where nothing listens")]
    [InlineData("protocol: TCP, port: 53", "protocol: TCP, port: 443", "lets silos out to 443")]
    [InlineData("    - to:\n        - podSelector: *silos\n", "    -\n", "lets silos out to everywhere")]
    public void A_planted_fault_is_told(string what, string instead, string told)
    {
        string planted = s_text.Replace(what, instead, StringComparison.Ordinal);
        Assert.NotEqual(s_text, planted);
        Assert.Contains(FarmRules.Faults(Manifests.Parse(planted)), f => f.Contains(told, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("cpu: \"8\"", "cpu: \"8\"", "replicas: null", "replicas: 3", "undoes what the autoscaler did")]
    [InlineData("name: stressfarm-silo\n  minReplicas", "name: silo\n  minReplicas", "", "", "for something else")]
    [InlineData("maxReplicas: 8", "maxReplicas: 11", "", "", "more connections than the role has")]
    public void A_planted_fault_of_the_autoscaler_is_told(string what, string instead, string also, string with, string told)
    {
        string text = s_text.Replace("  replicas: 3\n", also.Length > 0 ? $"  {with}\n" : "", StringComparison.Ordinal)
            + "\n---\n" + Repository.Read($"{Folder}/overlays/production/autoscaler.yaml").Replace(what, instead, StringComparison.Ordinal);
        Assert.Contains(FarmRules.Faults(Manifests.Parse(text)), f => f.Contains(told, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("ingress.yaml", "  tls:\n    - hosts: [farm.example]\n      secretName: stressfarm-tls\n", "", "no TLS")]
    [InlineData("ingress.yaml", "name: stressfarm\n                port", "name: farm\n                port", "which there is not")]
    [InlineData("../../components/prometheus-operator/pod-monitor.yaml", "component: silo", "component: node", "for other pods")]
    [InlineData("../../components/prometheus-operator/pod-monitor.yaml", "authorization", "authorisation", "with a token")]
    [InlineData("../../components/prometheus-operator/pod-monitor.yaml", "authorization", "authorisation", "podMetricsEndpoints has no field authorisation")]
    [InlineData("../../components/prometheus-operator/pod-monitor.yaml", "  jobLabel: app.kubernetes.io/name\n", "", "the job is not stressfarm")]
    [InlineData("../../components/prometheus-operator/pod-monitor.yaml", "jobLabel: app.kubernetes.io/name", "jobLabel: app.kubernetes.io/component", "the job is not stressfarm")]
    [InlineData("../../components/prometheus-operator/pod-monitor.yaml", "monitoring.coreos.com/v1", "monitoring.coreos.com/v1beta1", "another version")]
    [InlineData("../../components/prometheus-operator/rules.yaml", "expr: vector(1)", "query: vector(1)", "PrometheusRule.spec.groups.rules has no field query")]
    [InlineData("../local/postgres.yaml", "POSTGRES_USER, value: postgres", "POSTGRES_USER, value: farm", "a role of the farm is made the superuser")]
    [InlineData("../local/postgres.yaml", "/docker-entrypoint-initdb.d", "/etc/postgresql", "nothing makes the roles")]
    [InlineData("../local/postgres.yaml", "-q, -h, 127.0.0.1, -U", "-q, -U", "passes for the database")]
    [InlineData("../../base/secrets.example.yaml", "Username=farm_owner", "Username=farm", "the migrate does not log in as farm_owner")]
    [InlineData("../../base/secrets.example.yaml", "Username=farm;", "Username=farm_owner;", "the silo does not log in as farm")]
    [InlineData("../../base/secrets.example.yaml", "tokens: REPLACE", "tokens: read me 00", "holds tokens")]
    [InlineData("../../base/secrets.example.yaml", "name: stressfarm-tokens", "name: tokens", "nothing makes the secret stressfarm-tokens")]
    public void A_planted_fault_beside_the_base_is_told(string file, string what, string instead, string told)
    {
        string beside = Repository.Read($"{Folder}/overlays/production/{file}"), planted = beside.Replace(what, instead, StringComparison.Ordinal);
        Assert.NotEqual(beside, planted);
        Assert.DoesNotContain(FarmRules.Faults(Manifests.Parse($"{s_text}\n---\n{beside}")), f => f.Contains(told, StringComparison.Ordinal));
        Assert.Contains(FarmRules.Faults(Manifests.Parse($"{s_text}\n---\n{planted}")), f => f.Contains(told, StringComparison.Ordinal));
    }

    private static string Render(string overlay)
    {
        var (code, output, errors) = Repository.Run("kubectl", ["kustomize", Path.IsPathRooted(overlay) ? overlay : Path.Combine(Repository.Root, overlay)]);
        Assert.True(code == 0, errors);
        return output;
    }
}
