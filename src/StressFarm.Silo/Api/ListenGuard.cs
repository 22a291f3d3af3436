namespace StressFarm.Silo.Api;

/// <summary>
/// The server takes addresses from configuration too (<c>urls</c>, <c>http_ports</c>, <c>Kestrel:Endpoints</c>): those are
/// held to the same rule before it begins to listen.
/// </summary>
internal sealed class ListenGuard(ApiOptions options, IConfiguration configuration) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        options.RequireTokensFor(Configured());
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private IEnumerable<string> Configured()
    {
        foreach (string url in (configuration["urls"] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)) yield return url;
        foreach (IConfigurationSection endpoint in configuration.GetSection("Kestrel:Endpoints").GetChildren())
            if (endpoint["Url"] is { Length: > 0 } url) yield return url;
        // Ports alone are opened on every address, unless addresses are given.
        if (!string.IsNullOrEmpty(configuration["urls"])) yield break;
        foreach (string key in (string[])["http_ports", "https_ports"])
            if (configuration[key] is { Length: > 0 } ports) yield return $"http://*:{ports.Split(';')[0]}";
    }
}
