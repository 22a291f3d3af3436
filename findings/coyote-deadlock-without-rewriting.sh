#!/usr/bin/env bash
# Coyote: an async test that was not rewritten is reported as a bug: "Deadlock detected", of a test that cannot deadlock.
#
# Coyote says that the assembly is not rewritten, and goes on; one would expect it to say that it does not control the test, or to
# control part of it. Instead the first await of something that is not done yet counts as a deadlock of the program. A test made of
# actors is explored as it is: those need no rewriting.
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
    <PackageReference Include="Microsoft.Coyote.Test" Version="[1.7.11]" />
  </ItemGroup>
</Project>
END
cat >Program.cs <<'END'
using Microsoft.Coyote;
using Microsoft.Coyote.Actors;
using Microsoft.Coyote.SystematicTesting;

Console.WriteLine($"Coyote {typeof(TestingEngine).Assembly.GetName().Version!.ToString(3)} on .NET {Environment.Version}");
var awaits = Bugs(c => TestingEngine.Create(c, async () => await Task.Delay(100)));
var actors = Bugs(c => TestingEngine.Create(c, (IActorRuntime runtime) => { runtime.CreateActor(typeof(Waiter)); }));
Console.WriteLine($"await Task.Delay(100): {awaits.Count} bug: {string.Concat(awaits)}");
Console.WriteLine($"an actor that waits for its own message: {actors.Count} bugs");
return awaits.Any(bug => bug.StartsWith("Deadlock detected")) && actors.Count == 0 ? 0 : 1;

static List<string> Bugs(Func<Configuration, TestingEngine> create)
{
    using TestingEngine engine = create(Configuration.Create().WithTestingIterations(10).WithRandomGeneratorSeed(1).WithTelemetryEnabled(false));
    engine.Run();
    return [.. engine.TestReport.BugReports];
}

internal sealed class Waiter : Actor
{
    private sealed class Go : Event;

    protected override async Task OnInitializeAsync(Event initial)
    {
        SendEvent(Id, new Go());
        await ReceiveEventAsync(typeof(Go));
    }
}
END
dotnet build -v quiet >build.log 2>&1 || { cat build.log; exit 2; }
code=0
dotnet bin/Debug/net10.0/seen.dll || code=$?
[ "$code" -ne 1 ] || echo "CHANGED"
exit "$code"
