using StressFarm.Campaigns;
using StressFarm.Silo.Api;

namespace StressFarm.Silo;

/// <summary>
/// <c>stressfarm-silo health</c>: asks the silo of the same settings, on this machine, whether it serves. For supervisors that
/// can run a program and cannot send a request; the container image holds no other program.
/// </summary>
public static class SelfProbe
{
    private const string Address = "health/ready";
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(5);

    /// <exception cref="HttpRequestException">it does not serve; one line says why</exception>
    public static async Task Ask(IConfiguration configuration, ApiOptions options, CancellationToken cancellation)
    {
        using var client = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            // Its certificate is for the name that others call it by, and nothing secret is sent.
            SslOptions = new() { RemoteCertificateValidationCallback = (_, _, _, _) => true },
        })
        { Timeout = s_deadline };
        Uri address = Local(configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(e => e["Url"]).FirstOrDefault(u => u is not null) ?? options.Listen[0]);
        try
        {
            using HttpResponseMessage answer = await client.GetAsync(address, cancellation);
            if (!answer.IsSuccessStatusCode) throw new HttpRequestException($"{address} answers {(int)answer.StatusCode}");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new HttpRequestException($"{address} does not answer within {s_deadline.TotalSeconds} s");
        }
    }

    /// <summary>An address to listen on as one to call: "every address" is loopback too.</summary>
    internal static Uri Local(string listen)
    {
        BindingAddress parsed = BindingAddress.Parse(listen);
        if (parsed.IsUnixPipe || parsed.IsNamedPipe) throw new SpecException($"health: '{listen}' is no address to send a request to");
        bool any = parsed.Host is "*" or "+" or "0.0.0.0" or "[::]";
        return new UriBuilder(parsed.Scheme, any ? "127.0.0.1" : parsed.Host, parsed.Port, Address).Uri;
    }
}
