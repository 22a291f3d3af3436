using Microsoft.Extensions.Configuration;
using StressFarm.Silo.Api;

namespace StressFarm.Silo.Tests.Api;

public sealed class SelfProbeTests
{
    [Theory]
    [InlineData("http://127.0.0.1:8650", "http://127.0.0.1:8650/health/ready")]
    [InlineData("http://0.0.0.0:8650", "http://127.0.0.1:8650/health/ready")]
    [InlineData("https://*:8651", "https://127.0.0.1:8651/health/ready")]
    [InlineData("http://[::]:8650", "http://127.0.0.1:8650/health/ready")]
    [InlineData("http://10.0.0.5:8650", "http://10.0.0.5:8650/health/ready")]
    public void An_address_to_listen_on_is_one_to_ask(string listen, string asked) => Assert.Equal(asked, SelfProbe.Local(listen).ToString());

    [Fact]
    public void A_socket_is_not() => Assert.Throws<SpecException>(() => SelfProbe.Local("http://unix:/run/stressfarm"));

    [Fact]
    public async Task It_tells_a_silo_that_serves_from_one_that_does_not()
    {
        ApiHost host = await ApiHost.Start(new ApiOptions { ReadyEvery = TimeSpan.FromTicks(1) });
        var options = new ApiOptions { Listen = [host.Address.ToString()] };
        IConfiguration none = new ConfigurationBuilder().Build();
        await SelfProbe.Ask(none, options, default);
        host.Backend.IsReady = false;
        Assert.Contains("503", (await Assert.ThrowsAsync<HttpRequestException>(() => SelfProbe.Ask(none, options, default))).Message);
        await host.DisposeAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => SelfProbe.Ask(none, options, default));
    }

    [Fact]
    public async Task Kestrels_own_address_is_asked_where_there_is_one()
    {
        await using ApiHost host = await ApiHost.Start();
        IConfiguration kestrel = new ConfigurationBuilder().AddInMemoryCollection([new("Kestrel:Endpoints:Farm:Url", host.Address.ToString())]).Build();
        // Nothing listens where the options say.
        await SelfProbe.Ask(kestrel, new ApiOptions { Listen = ["http://127.0.0.1:1"] }, default);
    }
}
