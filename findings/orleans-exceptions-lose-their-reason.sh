#!/usr/bin/env bash
# Orleans: a grain's exception of a class of one's own arrives at another process as CodecNotFoundException, message and all gone.
#
# Exceptions of .NET itself arrive, and in the silo's own process so does any. Elsewhere one of your own does only with
# [GenerateSerializer], for which [Serializable] does not stand in, and one of .NET's does not either once its Data holds something
# that cannot be serialized. A test with one silo and the client in it sees none of this; the test cluster does, whose client
# serializes.
# Needs the .NET 10 SDK.
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
    <PackageReference Include="Microsoft.Orleans.TestingHost" Version="[10.4.2]" />
    <PackageReference Include="Microsoft.Orleans.Sdk" Version="[10.4.2]" />
  </ItemGroup>
</Project>
END
cat >Program.cs <<'END'
using Orleans.TestingHost;

var cluster = new TestClusterBuilder(1).Build();
await cluster.DeployAsync();
Console.WriteLine($"Orleans {System.Diagnostics.FileVersionInfo.GetVersionInfo(typeof(Grain).Assembly.Location).ProductVersion!.Split('+', ' ')[0].TrimEnd('.')} on .NET {Environment.Version}");
string system = await Caught(Failure.OfDotNet), own = await Caught(Failure.OfOnesOwn), marked = await Caught(Failure.Marked), data = await Caught(Failure.WithData);
await cluster.StopAllSilosAsync();
const string Reason = "the reason", Lost = "CodecNotFoundException";
return system.EndsWith(Reason) && own.StartsWith(Lost) && marked.EndsWith(Reason) && data.StartsWith(Lost) ? 0 : 1;

async Task<string> Caught(Failure failure)
{
    string caught = "nothing";
    try
    {
        await cluster.GrainFactory.GetGrain<IFails>(0).Fail(failure);
    }
    catch (Exception e)
    {
        caught = $"{e.GetType().Name}: {e.Message}";
    }
    Console.WriteLine($"{failure} arrives as {caught}");
    return caught;
}

public enum Failure { OfDotNet, OfOnesOwn, Marked, WithData }

[Serializable]
public sealed class Own(string message) : Exception(message);

[GenerateSerializer]
public sealed class Marked(string message) : Exception(message);

public sealed class Bare;

public interface IFails : IGrainWithIntegerKey
{
    Task Fail(Failure failure);
}

public sealed class FailsGrain : Grain, IFails
{
    public Task Fail(Failure failure) => throw (failure switch
    {
        Failure.OfDotNet => new TimeoutException("the reason"),
        Failure.OfOnesOwn => new Own("the reason"),
        Failure.Marked => new Marked("the reason"),
        _ => new InvalidOperationException("the reason") { Data = { ["context"] = new Bare() } },
    });
}
END
dotnet build -v quiet >build.log 2>&1 || { cat build.log; exit 2; }
code=0
dotnet bin/Debug/net10.0/seen.dll || code=$?
[ "$code" -ne 1 ] || echo "CHANGED"
exit "$code"
