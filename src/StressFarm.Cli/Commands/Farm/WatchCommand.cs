using System.CommandLine;
using StressFarm.Cli.Hosting;
using StressFarm.Cli.Options;

namespace StressFarm.Cli.Commands.Farm;

/// <summary>Follows a campaign to its end, and ends as <c>run</c> does.</summary>
internal static class WatchCommand
{
    public static Command Create(CliHost host)
    {
        Option<string?> folder = CampaignOptions.One("--out", "folder for the report");
        return FarmCommand.AboutCampaign(host, "watch", "follow a campaign to its end: progress, verdicts and exit code as 'run'",
            (call, id) => FarmFollower.Follow(host, call.Client, id, call.Json, call.Parsed.GetValue(folder)), folder);
    }
}
