using System.CommandLine;
using StressFarm.Campaigns.Farm;
using StressFarm.Cli.Hosting;
using StressFarm.Cli.Output;

namespace StressFarm.Cli.Commands.Farm;

/// <summary>The silos of the farm.</summary>
internal static class SilosCommand
{
    public static Command Create(CliHost host) => FarmCommand.Asking(host, "silos", "list the farm's silos", async (client, _, json, cancellation) =>
    {
        IReadOnlyList<SiloReport> silos = await client.Silos(cancellation);
        if (json) FarmJsonOutput.Write(host.Out, silos, FarmJson.Default.IReadOnlyListSiloReport);
        else FarmText.Write(host.Out, silos);
        return ExitCode.Done;
    });
}
