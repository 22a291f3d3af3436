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

    [Fact]
    public void A_scrape_sends_a_token_from_a_file()
    {
        string scrape = Repository.Read("deploy/systemd/prometheus-scrape.example.yml");
        Assert.Contains("credentials_file: ", scrape, StringComparison.Ordinal);
        Assert.DoesNotContain("credentials: ", scrape, StringComparison.Ordinal);
    }
}
