using System.CommandLine;
using System.Text;
using StressFarm.Campaigns.Runs;
using StressFarm.Cli.Hosting;
using StressFarm.Cli.Options;

namespace StressFarm.Cli.Commands.Farm;

/// <summary>A campaign's report as the farm keeps it: the bytes that an embedded run of the same spec writes.</summary>
internal static class ReportCommand
{
    public static Command Create(CliHost host)
    {
        Argument<string> id = FarmCommand.IdArgument();
        Option<string?> folder = CampaignOptions.One("--out", "folder for report.json and report.md; otherwise report.md, or report.json with --format json, is printed");
        Command command = FarmCommand.Asking(host, "report", "fetch a campaign's report", async (client, parsed, json, cancellation) =>
        {
            string campaign = FarmCommand.Id(parsed, id);
            if (parsed.GetValue(folder) is { } path)
            {
                OutputFolder output = OutputFolder.Prepare(path);
                output.Write(await client.Report(campaign, cancellation), await client.ReportPage(campaign, cancellation));
                host.Out.WriteLine($"report: {Path.Combine(path, OutputFolder.Report)}");
                return ExitCode.Done;
            }
            host.Out.Write(Encoding.UTF8.GetString(json ? await client.Report(campaign, cancellation) : await client.ReportPage(campaign, cancellation)));
            return ExitCode.Done;
        });
        command.Add(id);
        command.Add(folder);
        return command;
    }
}
