using System.CommandLine;
using StressFarm.Campaigns.Farm;
using StressFarm.Cli.Hosting;
using StressFarm.Cli.Output;

namespace StressFarm.Cli.Commands.Farm;

/// <summary>A campaign's state; the commands that change it show it too.</summary>
internal static class StatusCommand
{
    public static Command Create(CliHost host) => FarmCommand.AboutCampaign(host, "status", "show a campaign's state: progress, ledger, leases",
        async (call, id) => Show(call, await call.Client.Status(id, call.Cancellation)));

    /// <param name="verb">pause, resume or cancel</param>
    public static Command CreateSteering(CliHost host, string verb, string description) => FarmCommand.AboutCampaign(host, verb, description,
        async (call, id) => Show(call, await call.Client.Steer(id, verb, call.Cancellation)));

    private static int Show(FarmCall call, CampaignStatus status)
    {
        call.Show(status, FarmJson.Default.CampaignStatus, FarmText.Write);
        return status.Defects.Count > 0 ? ExitCode.Fault : ExitCode.Done;
    }
}
