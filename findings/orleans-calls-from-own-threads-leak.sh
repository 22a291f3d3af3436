#!/usr/bin/env bash
# Orleans: calls to grains that begin on a thread of one's own and are waited for there leak memory, some 65 bytes each.
#
# Orleans keeps what a call was completed with for the next call of the thread that it ends on, a thread of the pool. A thread of
# one's own never ends a call, so it always takes new memory, and what it leaves with the pool's threads is not taken up again. A
# worker that blocks on its grain's answer grows for as long as it lives. The same calls begun by Task.Run keep nothing.
# Needs the .NET 10 SDK; opens Orleans' default ports on loopback.
set -euo pipefail
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >seen.csproj <<'END'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Microsoft.Orleans.Server" Version="[10.4.2]" />
  </ItemGroup>
</Project>
END
cat >Program.cs <<'END'
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

const int Calls = 100_000;
var builder = Host.CreateApplicationBuilder();
builder.Logging.SetMinimumLevel(LogLevel.None);
builder.UseOrleans(silo => silo.UseLocalhostClustering());
using var host = builder.Build();
await host.StartAsync();
Console.WriteLine($"Orleans {System.Diagnostics.FileVersionInfo.GetVersionInfo(typeof(Grain).Assembly.Location).ProductVersion!.Split('+', ' ')[0].TrimEnd('.')} on .NET {Environment.Version}");
var grain = host.Services.GetRequiredService<IGrainFactory>().GetGrain<IPing>(0);
double[] pool = Kept("begun by Task.Run", () => Task.Run(() => grain.Ping()).GetAwaiter().GetResult());
double[] own = Kept("begun on the thread", () => grain.Ping().GetAwaiter().GetResult());
await host.StopAsync();
return own.Min() > 40 && pool.Min() < 5 ? 0 : 1;

// Bytes a call of each of three rounds, after one that is not counted.
static double[] Kept(string what, Action call)
{
    var kept = new double[3];
    Round(call);
    for (int i = 0; i < kept.Length; i++)
    {
        long before = Heap();
        Round(call);
        kept[i] = Math.Max(0, (Heap() - before) / (double)Calls);
    }
    Console.WriteLine($"{what}, bytes kept a call in three rounds of {Calls}: {string.Join(", ", kept.Select(k => k.ToString("F1")))}");
    return kept;
}

static void Round(Action call)
{
    var thread = new Thread(() => { for (int i = 0; i < Calls; i++) call(); });
    thread.Start();
    thread.Join();
}

static long Heap()
{
    for (int i = 0; i < 3; i++)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }
    return GC.GetTotalMemory(forceFullCollection: true);
}

public interface IPing : IGrainWithIntegerKey
{
    Task<int> Ping();
}

public sealed class PingGrain : Grain, IPing
{
    public Task<int> Ping() => Task.FromResult(1);
}
END
dotnet build -c Release -v quiet >build.log 2>&1 || { cat build.log; exit 2; }
code=0
dotnet bin/Release/net10.0/seen.dll || code=$?
[ "$code" -ne 1 ] || echo "CHANGED"
exit "$code"
