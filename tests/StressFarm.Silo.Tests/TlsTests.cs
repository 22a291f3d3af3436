using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace StressFarm.Silo.Tests;

/// <summary>A whole silo on TLS, by the configuration that the documentation gives.</summary>
[Collection(WholeSilo.Name)]
public sealed class TlsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("stressfarm-tls-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Kestrels_own_configuration_gives_tls()
    {
        using X509Certificate2 certificate = Certify(out string pem, out string key);
        int port = FreePort.Take();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddJsonStream(new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(new
        {
            Data = Path.Combine(_folder, "data"),
            SiloPort = FreePort.Take(),
            Workers = 1,
            Kestrel = new { Endpoints = new { Farm = new { Url = $"https://127.0.0.1:{port}", Certificate = new { Path = pem, KeyPath = key } } } },
        })));
        await using WebApplication app = SiloHost.Build(builder, SiloSettings.Read(builder.Configuration));
        await app.StartAsync();
        try
        {
            Assert.Equal([$"https://127.0.0.1:{port}"], app.Urls);
            using HttpClient trusting = Client(certificate.Thumbprint), other = Client("");
            Assert.Equal("alive\n", await trusting.GetStringAsync($"https://127.0.0.1:{port}/health/live"));
            Assert.Equal("[]", await trusting.GetStringAsync($"https://127.0.0.1:{port}/api/v1/campaigns"));
            await Assert.ThrowsAsync<HttpRequestException>(() => other.GetStringAsync($"https://127.0.0.1:{port}/health/live"));
            await Assert.ThrowsAsync<HttpRequestException>(() => trusting.GetStringAsync($"http://127.0.0.1:{port}/health/live"));
        }
        finally
        {
            await app.StopAsync(new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token);
        }
    }

    /// <summary>A client that lets in the server of this certificate, and no other.</summary>
    private static HttpClient Client(string thumbprint) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, shown, _, _) => shown is X509Certificate2 c && c.Thumbprint == thumbprint },
    });

    private X509Certificate2 Certify(out string pem, out string key)
    {
        using ECDsa keys = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", keys, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        (pem, key) = (Path.Combine(_folder, "tls.pem"), Path.Combine(_folder, "tls.key"));
        File.WriteAllText(pem, certificate.ExportCertificatePem());
        File.WriteAllText(key, keys.ExportPkcs8PrivateKeyPem());
        return certificate;
    }
}
