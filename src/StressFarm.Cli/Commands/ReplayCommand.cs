using System.CommandLine;
using StressFarm.Campaigns;
using StressFarm.Cli.Output;
using StressFarm.Exploration;

namespace StressFarm.Cli.Commands;

/// <summary>The same violation, the same digest, on any machine.</summary>
internal static class ReplayCommand
{
    public static Command Create(CliHost host)
    {
        var command = new Command("replay", "repeat a finding: exit 1 when the violation recurs, 0 when not, 3 when the digest differs");
        var what = new Argument<string>("finding") { Description = "a replay token, or a finding's id (F-…) from --out" };
        Option<string?> folder = CampaignOptions.OutOption(), format = CampaignOptions.FormatOption();
        command.Add(what);
        command.Add(folder);
        command.Add(format);
        command.SetAction(parsed =>
        {
            bool json = CampaignOptions.IsJson(parsed.GetValue(format));
            string text = parsed.GetRequiredValue(what).Trim();
            string token = FindingLookup.IsId(text) ? FindingLookup.ById(text, parsed.GetValue(folder) ?? Defaults.OutputFolder).Token : text;
            ReplayOutcome outcome = FindingLookup.Replay(token);
            if (json) JsonOutput.Write(host.Out, outcome);
            else ReplayText.Write(host.Out, outcome);
            if (outcome.DigestMatches) return outcome.Recurred ? ExitCode.Violation : ExitCode.Done;
            throw new CampaignFault(
                $"the replay's digest {ReportWriter.Hex(outcome.Digest)} is not the token's {ReportWriter.Hex(outcome.ExpectedDigest)}: another model, or a defect");
        });
        return command;
    }
}
