using System.CommandLine;
using StressFarm.Cli.Hosting;
using StressFarm.Cli.Options;

namespace StressFarm.Cli.Commands;

/// <summary>Sections that go on: each schedule begins on what the former one left.</summary>
internal static class SoakCommand
{
    public static Command Create(CliHost host)
    {
        var command = new Command("soak", "run memory sections that go on from schedule to schedule, with hash-chained checkpoints; exit 1 on a violation");
        var options = new CampaignOptions(soak: true);
        options.AddTo(command);
        command.SetAction(parsed => RunCommand.Run(host, "soak", options, parsed));
        return command;
    }
}
