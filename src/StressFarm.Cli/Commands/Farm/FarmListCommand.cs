using System.CommandLine;
using StressFarm.Campaigns.Farm;
using StressFarm.Cli.Hosting;
using StressFarm.Cli.Options;
using StressFarm.Cli.Output;

namespace StressFarm.Cli.Commands.Farm;

/// <summary>The farm's campaigns, the newest first.</summary>
internal static class FarmListCommand
{
    private const int Usual = 100, Most = 1000;

    public static Command Create(CliHost host)
    {
        Option<string?> limit = CampaignOptions.One("--limit", "how many");
        Command command = FarmCommand.Asking(host, "list", "list the farm's campaigns, the newest first", async (client, parsed, json, cancellation) =>
        {
            IReadOnlyList<CampaignStatus> campaigns = await client.List(FarmCommand.Whole(parsed, limit, 1, Most, Usual), cancellation);
            if (json) FarmJsonOutput.Write(host.Out, campaigns, FarmJson.Default.IReadOnlyListCampaignStatus);
            else FarmText.Write(host.Out, campaigns);
            return ExitCode.Done;
        });
        command.Add(limit);
        return command;
    }
}
