using System.CommandLine;
using StressFarm.Campaigns.Farm;
using StressFarm.Cli.Hosting;
using StressFarm.Cli.Output;

namespace StressFarm.Cli.Commands.Farm;

/// <summary>The silos of the farm.</summary>
internal static class SilosCommand
{
    public static Command Create(CliHost host) => FarmCommand.Asking(host, "silos", "list the farm's silos", async call =>
        call.Show(await call.Client.Silos(call.Cancellation), FarmJson.Default.IReadOnlyListSiloReport, FarmText.Write));
}
