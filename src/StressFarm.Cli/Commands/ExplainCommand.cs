using System.CommandLine;
using StressFarm.Campaigns;
using StressFarm.Cli.Output;
using StressFarm.Exploration;

namespace StressFarm.Cli.Commands;

/// <summary>A finding in full.</summary>
internal static class ExplainCommand
{
    public static Command Create(CliHost host)
    {
        var command = new Command("explain", "show a finding in full: the sentence, CPU columns, the guilty word, a block for a mail, the replay command");
        var what = new Argument<string>("finding") { Description = "a finding's id (F-…) from --out, or a replay token" };
        Option<string?> folder = CampaignOptions.OutOption(), format = CampaignOptions.FormatOption();
        command.Add(what);
        command.Add(folder);
        command.Add(format);
        command.SetAction(parsed =>
        {
            bool json = CampaignOptions.IsJson(parsed.GetValue(format));
            string text = parsed.GetRequiredValue(what).Trim();
            Finding finding = FindingLookup.IsId(text)
                ? FindingLookup.ById(text, parsed.GetValue(folder) ?? Defaults.OutputFolder)
                : FindingLookup.Replay(text).Finding ?? throw new SpecException("nothing is violated in the schedule of this token");
            if (json)
            {
                JsonOutput.Write(host.Out, finding);
                return ExitCode.Done;
            }
            FindingText.WriteFull(host.Out, finding);
            host.Out.WriteLine();
            MailText.Write(host.Out, finding);
            return ExitCode.Done;
        });
        return command;
    }
}
