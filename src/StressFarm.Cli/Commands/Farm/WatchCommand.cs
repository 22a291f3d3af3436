using System.CommandLine;
using StressFarm.Cli.Hosting;
using StressFarm.Cli.Options;

namespace StressFarm.Cli.Commands.Farm;

/// <summary>Follows a campaign to its end, and ends as <c>run</c> does.</summary>
internal static class WatchCommand
{
    public static Command Create(CliHost host)
    {
        Argument<string> id = FarmCommand.IdArgument();
        Option<string?> folder = CampaignOptions.One("--out", "folder for the report");
        Command command = FarmCommand.Asking(host, "watch", "follow a campaign to its end: progress, verdicts and exit code as 'run'", (client, parsed, json, _) =>
        {
            string campaign = FarmCommand.Id(parsed, id);
            return FarmFollower.Follow(host, client, campaign, json, parsed.GetValue(folder));
        });
        command.Add(id);
        command.Add(folder);
        return command;
    }
}
