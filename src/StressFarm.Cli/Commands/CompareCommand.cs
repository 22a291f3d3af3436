using System.CommandLine;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Specs;
using StressFarm.Cli.Hosting;
using StressFarm.Cli.Options;
using StressFarm.Cli.Output;

namespace StressFarm.Cli.Commands;

/// <summary>The main job: every design on the standard workloads, on the same seeds.</summary>
internal static class CompareCommand
{
    public static Command Create(CliHost host)
    {
        var command = new Command("compare", "judge the standard designs on the standard workloads, on the same seeds: a verdict table and its findings");
        var options = new CampaignOptions();
        options.AddTo(command);
        Option<string?> failOn = CampaignOptions.One("--fail-on", "'violation': exit 1 when a design is violated");
        command.Add(failOn);
        command.SetAction(parsed =>
        {
            bool failOnViolation = parsed.GetValue(failOn) switch
            {
                null => false,
                "violation" => true,
                { } other => throw new UserValue(other, "--fail-on").Wrong($"unknown condition {new UserValue(other, "").Shown}; there is violation"),
            };
            bool json = options.Json(parsed);
            CampaignOrder order = SpecBuilder.Build(options.Request(parsed), Defaults.Compare);
            if (order.Spec.Soak is not null) throw new SpecException("a soak is no comparison: 'stressfarm soak' or 'stressfarm run' take this file");
            var session = new CampaignSession(host, "compare", order, options.Out(parsed), json, options.Otlp(parsed));
            return session.Run(report =>
            {
                if (!json) CompareText.Write(host, report, options.Out(parsed));
                return failOnViolation && report.AnyViolated ? ExitCode.Violation
                    : report.AnyInconclusive ? ExitCode.Inconclusive
                    : ExitCode.Done;
            });
        });
        return command;
    }
}
