using System.CommandLine;
using StressFarm.Campaigns.Farm;
using StressFarm.Cli.Hosting;
using StressFarm.Cli.Output;

namespace StressFarm.Cli.Commands.Farm;

/// <summary>A campaign's state; the commands that change it show it too.</summary>
internal static class StatusCommand
{
    public static Command Create(CliHost host)
    {
        Argument<string> id = FarmCommand.IdArgument();
        Command command = FarmCommand.Asking(host, "status", "show a campaign's state: progress, ledger, leases",
            async (client, parsed, json, cancellation) => Show(host, await client.Status(FarmCommand.Id(parsed, id), cancellation), json));
        command.Add(id);
        return command;
    }

    /// <param name="verb">pause, resume or cancel</param>
    public static Command CreateSteering(CliHost host, string verb, string description)
    {
        Argument<string> id = FarmCommand.IdArgument();
        Command command = FarmCommand.Asking(host, verb, description,
            async (client, parsed, json, cancellation) => Show(host, await client.Steer(FarmCommand.Id(parsed, id), verb, cancellation), json));
        command.Add(id);
        return command;
    }

    private static int Show(CliHost host, CampaignStatus status, bool json)
    {
        if (json) FarmJsonOutput.Write(host.Out, status, FarmJson.Default.CampaignStatus);
        else FarmText.Write(host.Out, status);
        return status.Defects.Count > 0 ? ExitCode.Fault : ExitCode.Done;
    }
}
