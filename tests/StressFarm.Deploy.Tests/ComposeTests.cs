namespace StressFarm.Deploy.Tests;

public sealed class ComposeTests
{
    private static readonly string s_text = Repository.Read("deploy/compose/compose.yaml");
    private static readonly string s_example = Repository.Read("deploy/compose/.env.example");
    private static readonly Dictionary<string, string> s_variables = Manifests.Settings(s_example).ToDictionary();

    private static IReadOnlyList<string> FaultsOf(string text) => ComposeRules.Faults(ComposeFile.Parse(text, s_variables));

    [Fact]
    public void It_holds_what_it_promises() => Assert.Equal([], FaultsOf(s_text));

    [Fact]
    public void It_has_the_farm_and_what_watches_it() =>
        Assert.Equal(["alertmanager", "grafana", "migrate", "postgres", "prometheus", "silo-1", "silo-2", "silo-3"],
            ComposeFile.Parse(s_text, s_variables).Services.Select(s => s.Name).Order(StringComparer.Ordinal));

    [Fact]
    public void The_example_names_the_variables_that_are_used() =>
        Assert.Equal(ComposeFile.VariablesOf(s_text).Order(StringComparer.Ordinal), Manifests.Settings(s_example.Replace("\n#STRESS", "\nSTRESS", StringComparison.Ordinal)).Select(s => s.Key).Order(StringComparer.Ordinal));

    /// <summary>What a copy of the example sets stays as it is when the repository moves on, the image's tag above all.</summary>
    [Fact]
    public void The_example_sets_only_what_has_no_default() => Assert.Equal(ComposeFile.DemandedBy(s_text).Order(StringComparer.Ordinal), s_variables.Keys.Order(StringComparer.Ordinal));

    /// <summary>Each rule catches what it is for.</summary>
    [Theory]
    [InlineData("postgres:17.6-bookworm", "postgres:latest", "postgres: the image postgres:latest is not pinned")]
    [InlineData("postgres:17.6-bookworm", "postgres", "is not pinned")]
    [InlineData("user: \"999:999\"", "user: root", "postgres: runs as root")]
    [InlineData("user: \"472:0\"", "", "grafana: runs as root")]
    [InlineData("read_only: true", "read_only: false", "silo-1: can write to its image")]
    [InlineData("cap_drop: [ALL]", "cap_drop: [NET_RAW]", "keeps capabilities")]
    [InlineData("[\"no-new-privileges:true\"]", "[]", "may gain privileges")]
    [InlineData("pids_limit: 512", "privileged: true", "has what nothing here needs")]
    [InlineData("mem_limit: ${STRESSFARM_MEMORY:-1g}", "", "silo-2: no mem_limit")]
    [InlineData("restart: unless-stopped", "restart: \"no\"", "is not started again")]
    [InlineData("condition: service_completed_successfully", "condition: service_healthy", "waits for migrate")]
    [InlineData("migrate: { condition", "migrations: { condition", "waits for migrations")]
    [InlineData("127.0.0.1:9090:9090", "9090:9090", "prometheus: publishes 9090:9090 beyond loopback")]
    [InlineData("127.0.0.1:8651:8650", "0.0.0.0:8651:8650", "silo-2: publishes")]
    [InlineData("127.0.0.1:8651:8650", "127.0.0.1:8651:8651", "listens on 8650")]
    [InlineData("- prometheus:/prometheus", "- metrics:/prometheus", "no volume metrics")]
    [InlineData("../../dashboards/grafana:/var/lib/grafana/dashboards/stressfarm:ro", "../../dashboards/grafana:/var/lib/grafana/dashboards/stressfarm", "may write to")]
    [InlineData("../../dashboards/grafana:/var", "../../docs/nowhere:/var", "there is no docs/nowhere")]
    [InlineData("POSTGRES_PASSWORD_FILE: /run/secrets/postgres-password", "POSTGRES_PASSWORD: hunter2", "holds a secret")]
    [InlineData("POSTGRES_USER: postgres", "POSTGRES_USER: farm", "a role of the farm is made the superuser")]
    [InlineData("      - ${STRESSFARM_SECRETS:-./secrets}/postgres-roles.sql:/docker-entrypoint-initdb.d/postgres-roles.sql:ro\n", "", "nothing makes the roles")]
    [InlineData("-q, -h, 127.0.0.1, -U", "-q, -U", "passes for the database")]
    [InlineData("POSTGRESFILE: /run/secrets/postgres\n", "POSTGRESFILE: /run/secrets/postgres-owner\n", "the silos log in as the schemas' owner")]
    [InlineData("STRESSFARM_SILO_POSTGRESFILE: /run/secrets/postgres\n  STRESSFARM_SILO_GATEWAYPORT", "STRESSFARM_SILO_POSTGRES: Host=postgres;Password=x\n  STRESSFARM_SILO_GATEWAYPORT", "STRESSFARM_SILO_POSTGRES holds a secret")]
    [InlineData("secrets: [metrics-token]", "secrets: [tokens]", "prometheus: the secret tokens comes from no file")]
    [InlineData("secrets: [postgres-owner]", "secrets: [postgres]", "/run/secrets/postgres-owner is not there")]
    [InlineData("postgres-owner: { file: \"${STRESSFARM_SECRETS:-./secrets}/postgres-owner\" }", "", "the secret postgres-owner comes from no file")]
    [InlineData("/silo:/etc/stressfarm:ro", "/silo/tokens:/etc/stressfarm/tokens:ro", "silo-1: /etc/stressfarm/tokens is in no folder that is mounted")]
    [InlineData("TOKENFILE: /etc/stressfarm/tokens", "TOKENFILE: /run/secrets/tokens", "silo-1: /run/secrets/tokens is in no folder that is mounted")]
    [InlineData("/silo:/etc/stressfarm:ro", "/silo:/etc/stressfarm", "silo-1: may write to ./secrets/silo")]
    [InlineData("start_period: 300s", "start_period: 60s", "silo-1: counts as unwell while it still tries to join")]
    [InlineData("STRESSFARM_SILO_DRAINSECONDS: \"10\"", "STRESSFARM_SILO_DRAINSECONDS: \"40\"", "is killed after 60 s")]
    [InlineData("stop_grace_period: 60s\n  cpus: ${", "cpus: ${", "is killed after 10 s")]
    [InlineData("STRESSFARM_SILO_TOKENFILE: /etc/stressfarm/tokens", "", "without tokens")]
    [InlineData("http://0.0.0.0:8650", "http://0.0.0.0:8080", "a port that the image does not name")]
    [InlineData("STRESSFARM_SILO_ADVERTISE: \"${STRESSFARM_NET:-172.30.86}.12\"", "STRESSFARM_SILO_ADVERTISE: 172.30.86.11", "silo-2: advertises 172.30.86.11")]
    [InlineData("STRESSFARM_SILO_NAME: silo-3", "STRESSFARM_SILO_NAME: silo-1", "two silos have one NAME")]
    [InlineData("STRESSFARM_SILO_GATEWAYPORT", "STRESSFARM_SILO_GATEWAY", "no silo takes the setting STRESSFARM_SILO_GATEWAY")]
    [InlineData("STRESSFARM_SILO_GATEWAYPORT", "STRESSFARM_GATEWAYPORT", "no silo takes the setting STRESSFARM_GATEWAYPORT")]
    [InlineData("networks: [front]\n    ports: [\"127.0.0.1:9090", "networks: [farm, front]\n    ports: [\"127.0.0.1:9090", "prometheus: is on the network between the silos")]
    [InlineData("internal: true", "internal: false", "leads somewhere")]
    [InlineData("max_connections=120", "max_connections=80", "too few connections")]
    public void A_planted_fault_is_told(string what, string instead, string told)
    {
        string planted = s_text.Replace(what, instead, StringComparison.Ordinal);
        Assert.NotEqual(s_text, planted);
        Assert.Contains(FaultsOf(planted), f => f.Contains(told, StringComparison.Ordinal));
    }

    [Fact]
    public void Prometheus_and_Grafana_find_what_they_ask() => Assert.Equal([], WatchRules.Faults(ComposeFile.Parse(s_text, s_variables), Text("prometheus.yaml"), Text("grafana-datasource.yaml")));

    [Theory]
    [InlineData("silo-3:8650", "silo-3:8652", "silo-3:8652 is scraped, where nothing listens")]
    [InlineData(", silo-3:8650", "", "silo-3 is not scraped")]
    [InlineData("/run/secrets/metrics-token", "/run/secrets/tokens", "prometheus does not have /run/secrets/tokens")]
    [InlineData("rules/*.rules.yaml", "alerts/*.rules.yaml", "the rules are not where they are mounted")]
    [InlineData("alertmanager:9093", "127.0.0.1:9093", "alerts go to 127.0.0.1:9093")]
    [InlineData("job_name: stressfarm", "job_name: silos", "the job is not the one that the alerts name")]
    [InlineData("networks: [front]\n    ports: [\"127.0.0.1:9090", "networks: [other]\n    ports: [\"127.0.0.1:9090", "prometheus does not reach silo-1")]
    [InlineData("url: http://prometheus:9090", "url: http://127.0.0.1:9090", "Grafana asks http://127.0.0.1:9090")]
    public void A_planted_fault_of_what_watches_is_told(string what, string instead, string told)
    {
        string Planted(string text) => text.Replace(what, instead, StringComparison.Ordinal);
        var (compose, prometheus, grafana) = (Planted(s_text), Planted(Text("prometheus.yaml")), Planted(Text("grafana-datasource.yaml")));
        Assert.NotEqual((s_text, Text("prometheus.yaml"), Text("grafana-datasource.yaml")), (compose, prometheus, grafana));
        Assert.Contains(WatchRules.Faults(ComposeFile.Parse(compose, s_variables), prometheus, grafana), f => f.Contains(told, StringComparison.Ordinal));
    }

    private static string Text(string file) => Repository.Read($"deploy/compose/{file}");

    [Fact]
    public void An_image_of_another_version_is_told() =>
        Assert.Contains(ComposeRules.Faults(ComposeFile.Parse(s_text, new Dictionary<string, string>(s_variables) { ["STRESSFARM_IMAGE"] = "stressfarm-silo:0.0.9" })), f => f.Contains("is not the image that is built", StringComparison.Ordinal));
}
