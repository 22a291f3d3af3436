using System.CommandLine;
using StressFarm.Campaigns.Specs;
using StressFarm.Cli.Hosting;
using StressFarm.Cli.Options;
using StressFarm.Cli.Output;

namespace StressFarm.Cli.Commands;

/// <summary>One design, or a campaign file, as a gate.</summary>
internal static class RunCommand
{
    public static Command Create(CliHost host)
    {
        var command = new Command("run", "run one design (control by default) or a campaign file; exit 1 on a violation");
        var options = new CampaignOptions();
        options.AddTo(command);
        command.SetAction(parsed => Run(host, "run", options, parsed));
        return command;
    }

    /// <summary>Runs what was asked for as a gate: also for <c>soak</c>, which asks in other words.</summary>
    public static int Run(CliHost host, string verb, CampaignOptions options, ParseResult parsed)
    {
        bool json = options.Json(parsed);
        CampaignOrder order = SpecBuilder.Build(options.Request(parsed), Defaults.Run);
        var session = new CampaignSession(host, verb, order, options.Out(parsed), json, options.Otlp(parsed));
        return session.Run(report =>
        {
            if (!json) RunText.Write(host, report);
            return ExitCode.Of(report);
        });
    }
}
