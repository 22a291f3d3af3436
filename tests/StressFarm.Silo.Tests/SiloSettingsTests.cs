using Microsoft.Extensions.Configuration;

namespace StressFarm.Silo.Tests;

/// <summary>What a silo is told, and what it refuses to be told.</summary>
public class SiloSettingsTests
{
    private static SiloSettings Read(params (string Key, string? Value)[] settings) =>
        SiloSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, s.Value))).Build());

    [Fact]
    public void A_silo_searches_unless_it_says_that_it_does_not()
    {
        Assert.True(Read().Search);
        Assert.False(Read(("Search", "off")).Search);
        Assert.Contains("Search: 'never' is neither on nor off", Assert.Throws<SpecException>(() => Read(("Search", "never"))).Message);
    }

    /// <summary>Silos that all advertise 127.0.0.1 to one database end each other, as if each were the restart of the others.</summary>
    [Theory]
    [InlineData("Host=db;Username=farm", null, false)]
    [InlineData("Server=10.0.0.5,127.0.0.1", "127.0.0.1", false)]
    [InlineData("Host=db", "::1", false)]
    [InlineData("Host=db", "0.0.0.0", false)]
    [InlineData("Host=localhost", "0.0.0.0", false)]
    [InlineData("Host=localhost", "::", false)]
    [InlineData("Host=db", "10.0.0.7", true)]
    [InlineData("Host=localhost", null, true)]
    [InlineData("Host=127.0.0.1:5433,localhost:5434", null, true)]
    [InlineData("Host=/var/run/postgresql", null, true)]
    [InlineData("Host=::1", null, true)]
    [InlineData("=;", null, true)]
    [InlineData("Host=db;Port=nonsense", null, true)]
    [InlineData(null, "0.0.0.0", true)]
    [InlineData(null, null, true)]
    public void A_silo_is_reached_where_it_says_it_is(string? postgres, string? advertise, bool taken)
    {
        SiloSettings settings = Read(("Postgres", postgres), ("Advertise", advertise));
        if (taken) settings.RequireAdvertise();
        else Assert.StartsWith("Advertise: ", Assert.Throws<SpecException>(settings.RequireAdvertise).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_listens_for_Orleans_clients_unless_it_is_told_to()
    {
        Assert.Equal(0, Read().GatewayPort);
        Assert.Equal(30000, Read(("GatewayPort", "30000")).GatewayPort);
        Assert.Contains("GatewayPort", Assert.Throws<SpecException>(() => Read(("GatewayPort", "-1"))).Message, StringComparison.Ordinal);
    }
}
