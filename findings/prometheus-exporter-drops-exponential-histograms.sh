#!/usr/bin/env bash
# OpenTelemetry's Prometheus exporter for ASP.NET Core leaves exponential histograms out of /metrics, without a word.
#
# Not even their _sum and _count are there, the answer is 200, and nothing is logged. A view that turns a histogram into an
# exponential one, right for OTLP, takes it away from Prometheus.
# Needs the .NET 10 SDK.
set -euo pipefail
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >seen.csproj <<'END'
<Project Sdk="Microsoft.NET.Sdk.Web">
  <PropertyGroup>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="OpenTelemetry.Extensions.Hosting" Version="[1.20.1]" />
    <PackageReference Include="OpenTelemetry.Exporter.Prometheus.AspNetCore" Version="[1.20.1-beta.1]" />
  </ItemGroup>
</Project>
END
cat >Program.cs <<'END'
using System.Diagnostics.Metrics;
using OpenTelemetry.Metrics;

var builder = WebApplication.CreateBuilder();
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.WebHost.UseUrls("http://127.0.0.1:0");
builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddMeter("seen")
    .AddView("exponential.seconds", new Base2ExponentialBucketHistogramConfiguration()).AddPrometheusExporter());
await using var app = builder.Build();
app.MapPrometheusScrapingEndpoint();
await app.StartAsync();
using var meter = new Meter("seen");
meter.CreateHistogram<double>("explicit.seconds").Record(1.5);
meter.CreateHistogram<double>("exponential.seconds").Record(1.5);
using var http = new HttpClient();
HttpResponseMessage answer = await http.GetAsync(app.Urls.First() + "/metrics");
string[] lines = (await answer.Content.ReadAsStringAsync()).Split('\n');
Console.WriteLine($"{typeof(PrometheusExporterEndpointRouteBuilderExtensions).Assembly.GetName().Name} {System.Diagnostics.FileVersionInfo.GetVersionInfo(typeof(PrometheusExporterEndpointRouteBuilderExtensions).Assembly.Location).ProductVersion!.Split('+')[0]} on .NET {Environment.Version}");
Console.WriteLine($"/metrics: {(int)answer.StatusCode}");
foreach (string line in lines.Where(l => l.Contains("seconds") && !l.Contains("_bucket"))) Console.WriteLine(line);
bool there = lines.Any(l => l.StartsWith("explicit_seconds_count")), gone = !lines.Any(l => l.Contains("exponential"));
Console.WriteLine($"explicit.seconds is {(there ? "there" : "not there")}, exponential.seconds is {(gone ? "not there" : "there")}");
return answer.IsSuccessStatusCode && there && gone ? 0 : 1;
END
dotnet build -v quiet >build.log 2>&1 || { cat build.log; exit 2; }
code=0
dotnet bin/Debug/net10.0/seen.dll || code=$?
[ "$code" -ne 1 ] || echo "CHANGED"
exit "$code"
