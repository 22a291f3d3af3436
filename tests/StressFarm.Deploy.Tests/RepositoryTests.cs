using System.Globalization;
using System.Text.RegularExpressions;

namespace StressFarm.Deploy.Tests;

/// <summary>What the rules are held against is found where it is said to be.</summary>
public sealed class RepositoryTests
{
    [Fact]
    public void The_settings_are_those_of_the_documentation()
    {
        string table = Repository.Read("docs/cluster.md").Split("\n| key |")[1].Split("\n\n")[0];
        string[] documented = [.. table.Split('\n').Where(l => l.StartsWith("| `", StringComparison.Ordinal)).SelectMany(l => Regex.Matches(l.Split('|')[1], "`(\\w+)`").Select(m => m.Groups[1].Value)).Order(StringComparer.Ordinal)];
        Assert.Equal(documented, Repository.SettingKeys.Order(StringComparer.Ordinal));
        Assert.Contains("PostgresFile", documented);
    }

    [Fact]
    public void Probes_are_answered_without_a_token() => Assert.Equal(["/health/live", "/health/ready"], Repository.OpenAddresses);

    [Fact]
    public void A_silo_takes_its_time_to_stop() =>
        Assert.Equal((20, 3, 5), (Repository.SecondsToLeave, Repository.SecondsToBeReady, Repository.DefaultDrainSeconds));

    [Theory]
    [InlineData("postgres:17.6-bookworm", true)]
    [InlineData("prom/prometheus:v3.5.0", true)]
    [InlineData("registry.example/stressfarm-silo:0.1.0", true)]
    [InlineData("postgres@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", true)]
    [InlineData("postgres", false)]
    [InlineData("postgres:latest", false)]
    [InlineData("postgres:main", false)]
    [InlineData("", false)]
    public void An_image_is_pinned_by_a_version_or_a_digest(string image, bool pinned) => Assert.Equal(pinned, Repository.IsPinned(image));

    [Fact]
    public void The_image_is_built_without_root_and_without_a_shell()
    {
        Assert.Equal("noble-chiseled", Repository.SiloProperty("ContainerFamily"));
        Assert.True(int.Parse(Repository.SiloProperty("ContainerUser"), CultureInfo.InvariantCulture) > 0);
        Assert.Equal("stressfarm-silo", Repository.SiloProject.Descendants("AssemblyName").Single().Value);
        Assert.Equal([8650, 11111], Repository.ImagePorts);
    }

    public static TheoryData<string> Scrapes => new("deploy/systemd/prometheus-scrape.example.yml", "deploy/compose/prometheus.yaml", "dashboards/prometheus/prometheus.yml", "docs/monitoring.md");

    [Theory]
    [MemberData(nameof(Scrapes))]
    public void A_scrape_sends_the_token_that_prepare_makes(string file) => Assert.Equal([], WatchRules.ScrapeFaults(Repository.Read(file)));

    [Theory]
    [InlineData("credentials_file: /etc/prometheus/metrics-token", "credentials: sf_hunter2", "no token from a file")]
    [InlineData("metrics-token", "stressfarm.token", "stressfarm.token is another name than metrics-token")]
    [InlineData("scheme: https", "scheme: http", "10.0.0.5:8650 is sent a token without TLS")]
    public void A_planted_fault_of_a_scrape_is_told(string what, string instead, string told)
    {
        string text = Repository.Read("deploy/systemd/prometheus-scrape.example.yml"), planted = text.Replace(what, instead, StringComparison.Ordinal);
        Assert.NotEqual(text, planted);
        Assert.Contains(WatchRules.ScrapeFaults(planted), f => f.Contains(told, StringComparison.Ordinal));
    }
}
