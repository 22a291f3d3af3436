using StressFarm.Campaigns;
using StressFarm.Campaigns.Farm;
using StressFarm.Campaigns.Reports;
using StressFarm.Campaigns.Runs;
using StressFarm.Campaigns.Specs;
using StressFarm.Campaigns.Tallies;
using StressFarm.Cli.Farm;
using StressFarm.Cli.Hosting;
using StressFarm.Cli.Output;

namespace StressFarm.Cli.Commands.Farm;

/// <summary>A farm's campaign shown as if it ran here: the same progress, the same report, the same exit codes.</summary>
internal static class FarmFollower
{
    /// <param name="folder">where the report is written too, or null</param>
    public static async Task<int> Follow(CliHost host, FarmClient client, string id, bool json, string? folder)
    {
        OutputFolder? output = folder is null ? null : OutputFolder.Prepare(folder);
        CampaignStatus last = await ToEnd(host, client, id);
        foreach (string defect in last.Defects) host.Complain(defect);
        if (FarmWatcher.StateOf(last) != CampaignState.Done)
        {
            string why = last.Reason.Length > 0 ? $": {last.Reason}" : "";
            if (FarmWatcher.StateOf(last) == CampaignState.Failed) throw new CampaignFault($"campaign {id} failed{why}");
            host.Complain($"campaign {id} was cancelled{why}; what is done stays, and submitting it again goes on with it");
            return last.Defects.Count > 0 ? ExitCode.Fault : ExitCode.Inconclusive;
        }
        byte[] bytes = await client.Report(id, host.Interrupt);
        CampaignSpec spec = SpecBuilder.Build(SpecFile.Parse(await client.Spec(id, host.Interrupt), id), FarmDefaults.Spec).Spec;
        CampaignReport report = ReportReader.Read(bytes, spec);
        output?.Write(bytes, await client.ReportPage(id, host.Interrupt));
        if (json) JsonOutput.Write(host.Out, report, OutcomeOf(report, last));
        else
        {
            RunText.Write(host, report);
            Summary(host, report, last, folder);
        }
        return last.Defects.Count > 0 || report.Canaries.Blind ? ExitCode.Fault : ExitCode.Of(report);
    }

    private static async Task<CampaignStatus> ToEnd(CliHost host, FarmClient client, string id)
    {
        var watcher = new FarmWatcher(client, id);
        Task<CampaignStatus> end = watcher.ToEnd(host.Interrupt);
        // Nothing is shown before the first word, so that a farm that is not there is one line.
        while (watcher.Latest is null && !end.IsCompleted) await Task.WhenAny(end, Task.Delay(20, CancellationToken.None));
        if (watcher.Latest is null) return await end;
        using (new ProgressPrinter(host, () => ProgressOf(watcher.Latest, host.Clock.GetUtcNow()))) return await end;
    }

    internal static CampaignProgress ProgressOf(CampaignStatus status, DateTimeOffset now)
    {
        CampaignPhase phase = FarmWatcher.StateOf(status) switch
        {
            CampaignState.Done => CampaignPhase.Done,
            CampaignState.Cancelled or CampaignState.Failed => CampaignPhase.Stopped,
            _ => status.Phase == "working-up" ? CampaignPhase.WorkingUp : CampaignPhase.Exploring,
        };
        TimeSpan elapsed = ElapsedOf(status, now);
        double rate = phase is CampaignPhase.Exploring ? status.StepsPerSecond : elapsed > TimeSpan.Zero ? status.Steps / elapsed.TotalSeconds : 0;
        TimeSpan? left = status.LeftSeconds is { } seconds && seconds < TimeSpan.MaxValue.TotalSeconds / 2 ? TimeSpan.FromSeconds(Math.Max(0, seconds)) : null;
        return new(phase, status.Schedules, status.Steps, (long)(rate * elapsed.TotalSeconds), status.Violated, status.Share, left, status.Findings, status.Candidates, elapsed) { Canaries = status.Canaries, Search = status.Search };
    }

    private static TimeSpan ElapsedOf(CampaignStatus status, DateTimeOffset now)
    {
        TimeSpan elapsed = (status.Finished ?? now) - status.Created;
        return elapsed > TimeSpan.Zero ? elapsed : TimeSpan.Zero;
    }

    private static CampaignOutcome OutcomeOf(CampaignReport report, CampaignStatus last)
    {
        TimeSpan elapsed = ElapsedOf(last, last.Finished ?? last.Created);
        return new(report, false, last.Defects, 0, report.Steps, elapsed, elapsed);
    }

    private static void Summary(CliHost host, CampaignReport report, CampaignStatus last, string? folder)
    {
        RunSummary.Write(host.Out, report, ElapsedOf(last, last.Created));
        host.Out.WriteLine(FarmText.Balance(last.Ledger) + (last.Leases.Verified > 0 ? $"; {Numbers.Of(last.Leases.Verified, "shard")} run by a second silo, {last.Leases.VerifyMismatches} differed" : ""));
        host.Out.WriteLine(folder is null ? $"report: stressfarm farm report {last.Id} --out DIR" : $"report: {Path.Combine(folder, OutputFolder.Report)}");
    }
}
