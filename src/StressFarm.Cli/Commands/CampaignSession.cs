using StressFarm.Campaigns;
using StressFarm.Campaigns.Ledgers;
using StressFarm.Campaigns.Plans;
using StressFarm.Campaigns.Reports;
using StressFarm.Campaigns.Runs;
using StressFarm.Campaigns.Specs;
using StressFarm.Cli.Hosting;
using StressFarm.Cli.Metrics;
using StressFarm.Cli.Output;

namespace StressFarm.Cli.Commands;

/// <summary>One run of a campaign from the command line: the first line, progress, results in the output folder.</summary>
/// <param name="otlp">where metrics are pushed to, or null</param>
internal sealed class CampaignSession(CliHost host, string verb, CampaignOrder order, string folder, bool json, Uri? otlp)
{
    /// <summary>Runs it; <paramref name="conclude"/> prints the text report and gives the exit code of a run that was not disturbed.</summary>
    public int Run(Func<CampaignReport, int> conclude)
    {
        var plan = new CampaignPlan(order.Spec);
        OutputFolder output = OutputFolder.Prepare(folder);
        using SqliteLedger ledger = SqliteLedger.Open(output.FullPath, plan);
        TextWriter head = json ? host.Error : host.Out;
        head.WriteLine(FirstLine.Of(verb, order));
        head.Flush();

        CampaignOutcome outcome;
        using (OtlpPush? push = otlp is null ? null : new(host, otlp, plan))
        {
            var runner = new CampaignRunner(plan, ledger, host.Engine(order.Spec.Geometry), host.Clock, push?.Instruments);
            using var progress = new ProgressPrinter(host, runner.Progress);
            outcome = runner.Run(order.Workers, order.Budget, host.Interrupt);
        }

        foreach (string defect in outcome.Defects) host.Complain(defect);
        if (outcome.Report is not { } report)
        {
            host.Complain($"interrupted; every finished shard is kept in '{folder}': the same command resumes there");
            return outcome.Defects.Count > 0 ? ExitCode.Fault : ExitCode.Inconclusive;
        }
        output.Write(report, outcome, BuildInfo.Build, order.Workers);
        int code = conclude(report);
        if (json) JsonOutput.Write(host.Out, report, outcome);
        else Summary(report, outcome);
        return outcome.Defects.Count > 0 ? ExitCode.Fault : code;
    }

    private void Summary(CampaignReport report, CampaignOutcome outcome)
    {
        string rate = outcome.Exploring.TotalSeconds > 0 && outcome.StepsHere > 0
            ? $", {Numbers.Short(outcome.StepsHere / outcome.Exploring.TotalSeconds)} steps/s" : "";
        RunSummary.Write(host.Out, report, outcome.Elapsed, rate);
        if (outcome.Resumed > 0) host.Out.WriteLine($"{Numbers.Of(outcome.Resumed, "shard")} {(outcome.Resumed == 1 ? "was" : "were")} in the ledger already");
        host.Out.WriteLine($"report: {Path.Combine(folder, OutputFolder.Report)}");
    }
}
