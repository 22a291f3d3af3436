#!/usr/bin/env bash
# Coyote: what its report calls explored steps are decisions about data as much as about who goes on.
#
# TotalExploredFairSteps grows by one with every RandomInteger() of a test in which only one actor ever can go on: steps a second
# say little of how many interleavings were tried, and a step limit is used up by choices.
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

const int Iterations = 20, Choices = 100;
Console.WriteLine($"Coyote {typeof(TestingEngine).Assembly.GetName().Version!.ToString(3)} on .NET {Environment.Version}");
long none = Steps(0), many = Steps(Choices);
Console.WriteLine($"one actor, {Iterations} iterations: {none} steps without a choice, {many} with {Choices} choices in each");
return many == none + Iterations * Choices ? 0 : 1;

static long Steps(int choices)
{
    var configuration = Configuration.Create().WithTestingIterations(Iterations).WithRandomGeneratorSeed(1).WithTelemetryEnabled(false);
    using var engine = TestingEngine.Create(configuration, (IActorRuntime runtime) => { runtime.CreateActor(typeof(Chooser), new Count(choices)); });
    engine.Run();
    return engine.TestReport.TotalExploredFairSteps;
}

internal sealed class Count(int value) : Event
{
    public int Value => value;
}

internal sealed class Chooser : Actor
{
    protected override Task OnInitializeAsync(Event initial)
    {
        for (int i = 0; i < ((Count)initial).Value; i++) RandomInteger(4);
        return Task.CompletedTask;
    }
}
END
dotnet build -v quiet >build.log 2>&1 || { cat build.log; exit 2; }
code=0
dotnet bin/Debug/net10.0/seen.dll || code=$?
[ "$code" -ne 1 ] || echo "CHANGED"
exit "$code"
