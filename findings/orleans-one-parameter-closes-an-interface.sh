#!/usr/bin/env bash
# Orleans: one method whose parameter cannot be serialized makes every method of its grain interface unusable; one whose result
# cannot be serialized runs first and fails then.
#
# The build says nothing of either. GetGrain throws for the interface, also for callers of its other methods. With a result the
# grain is got and the method runs, with all that it changes, before the caller is told that it failed.
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
    <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
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

var builder = Host.CreateApplicationBuilder();
builder.Logging.SetMinimumLevel(LogLevel.None);
builder.UseOrleans(silo => silo.UseLocalhostClustering());
using var host = builder.Build();
await host.StartAsync();
var grains = host.Services.GetRequiredService<IGrainFactory>();
Console.WriteLine($"Orleans {System.Diagnostics.FileVersionInfo.GetVersionInfo(typeof(Grain).Assembly.Location).ProductVersion!.Split('+', ' ')[0].TrimEnd('.')} on .NET {Environment.Version}");

string got = await Outcome(() => Task.FromResult<object>(grains.GetGrain<ITwoMethods>(0)));
string result = await Outcome(async () => await grains.GetGrain<IResult>(0).Get());
Console.WriteLine($"GetGrain, where a method nobody calls has the parameter: {got}");
Console.WriteLine($"a method with the result: {result}; it ran {ResultGrain.Runs} time");
await host.StopAsync();
const string Refused = "CodecNotFoundException";
return got.StartsWith(Refused) && result.StartsWith(Refused) && ResultGrain.Runs == 1 ? 0 : 1;

static async Task<string> Outcome(Func<Task<object>> call)
{
    try
    {
        return $"{await call()}";
    }
    catch (Exception e)
    {
        return $"{e.GetType().Name}: {e.Message}";
    }
}

// Without [GenerateSerializer].
public sealed class Bare;

public interface ITwoMethods : IGrainWithIntegerKey
{
    Task<int> Ping();
    Task Take(Bare bare);
}

public interface IResult : IGrainWithIntegerKey
{
    Task<Bare> Get();
}

public sealed class TwoMethodsGrain : Grain, ITwoMethods
{
    public Task<int> Ping() => Task.FromResult(1);
    public Task Take(Bare bare) => Task.CompletedTask;
}

public sealed class ResultGrain : Grain, IResult
{
    public static int Runs { get; private set; }

    public Task<Bare> Get()
    {
        Runs++;
        return Task.FromResult(new Bare());
    }
}
END
dotnet build -v quiet >build.log 2>&1 || { cat build.log; exit 2; }
code=0
dotnet bin/Debug/net10.0/seen.dll || code=$?
[ "$code" -ne 1 ] || echo "CHANGED"
exit "$code"
