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
        Option<string?> folder = CampaignOptions.One("--out", "folder for report.json and report.md; otherwise report.md, or report.json with --format json, is printed");
        return FarmCommand.AboutCampaign(host, "report", "fetch a campaign's report", async (call, id) =>
        {
            if (call.Parsed.GetValue(folder) is { } path)
            {
                OutputFolder output = OutputFolder.Prepare(path);
                output.Write(await call.Client.Report(id, call.Cancellation), await call.Client.ReportPage(id, call.Cancellation));
                host.Out.WriteLine($"report: {Path.Combine(path, OutputFolder.Report)}");
                return ExitCode.Done;
            }
            host.Out.Write(Encoding.UTF8.GetString(call.Json ? await call.Client.Report(id, call.Cancellation) : await call.Client.ReportPage(id, call.Cancellation)));
            return ExitCode.Done;
        }, folder);
    }
}
