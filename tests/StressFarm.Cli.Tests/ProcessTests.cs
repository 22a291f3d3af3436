using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace StressFarm.Cli.Tests;

/// <summary>The command as a process of its own: what signals do to it.</summary>
public sealed class ProcessTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Theory]
    [InlineData("INT", ExitCode.Inconclusive)]
    [InlineData("TERM", ExitCode.Inconclusive)]
    [InlineData("KILL", 128 + 9)]
    public async Task Stopped_by_a_signal_it_has_lost_no_finished_shard(string signal, int code)
    {
        string[] args = ["run", "--workload", "mixed", "--set", "ops=2", "--workers", "1", "--out", _sandbox["out"]];
        using (Process process = Start([.. args, "--for", "1h"]))
        {
            Task<string> error = process.StandardError.ReadToEndAsync(), output = process.StandardOutput.ReadToEndAsync();
            while (Finished() < 2 && !process.HasExited) await Task.Delay(20);
            using (Process kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)])) await kill.WaitForExitAsync();
            await process.WaitForExitAsync();
            Assert.Equal(code, process.ExitCode);
            if (code == ExitCode.Inconclusive) Assert.Contains("the same command resumes there", await error);
            Assert.NotEmpty(await output);
        }
        int kept = Finished();
        Assert.True(kept >= 2);

        // The same spec, and no time: what was kept is reported, and is what a run of that size gives.
        using JsonDocument resumed = Report([.. args, "--for", "0.000001s"]);
        using JsonDocument whole = Report([.. args.SkipLast(1), _sandbox["whole"], "--schedules", (kept * CampaignSpec.DefaultShardSchedules).ToString(CultureInfo.InvariantCulture)]);
        foreach (string field in (string[])["digest", "steps", "schedules"])
            Assert.Equal(whole.RootElement.GetProperty(field).ToString(), resumed.RootElement.GetProperty(field).ToString());
    }

    private static Process Start(string[] args) => Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "stressfarm.dll"), .. args])
    {
        RedirectStandardError = true,
        RedirectStandardOutput = true,
    })!;

    private JsonDocument Report(string[] args)
    {
        Result result = _sandbox.Run([.. args, "--format", "json"]);
        Assert.Equal(ExitCode.Done, result.Code);
        return JsonDocument.Parse(result.Out);
    }

    /// <summary>Shards in the ledger; 0 while there is none.</summary>
    private int Finished()
    {
        try
        {
            using SqliteLedger ledger = SqliteLedger.OpenToRead(_sandbox["out"]);
            return ledger.Shards().Count();
        }
        catch (SpecException)
        {
            return 0;
        }
    }
}
