using System.CommandLine;
using StressFarm.Campaigns;
using StressFarm.Cli.Hosting;
using StressFarm.Cli.Output;
using StressFarm.Exploration.Evidence;

namespace StressFarm.Cli.Commands;

/// <summary>The same violation, the same digest, on any machine.</summary>
internal static class ReplayCommand
{
    public static Command Create(CliHost host) => FindingCommand.Create(
        "replay", "repeat a finding: exit 1 when the violation recurs, 0 when not, 3 when the digest differs",
        "a replay token, or a finding's id (F-…) from --out",
        (text, folder, json) =>
        {
            ReplayOutcome outcome = FindingLookup.Replay(FindingLookup.IsId(text) ? FindingLookup.ById(text, folder).Token : text);
            if (json) JsonOutput.Write(host.Out, outcome);
            else ReplayText.Write(host.Out, outcome);
            if (outcome.DigestMatches) return outcome.Recurred ? ExitCode.Violation : ExitCode.Done;
            throw new CampaignFault(
                $"the replay's digest {DigestText.Hex(outcome.Digest)} is not the token's {DigestText.Hex(outcome.ExpectedDigest)}: another model, or a defect");
        });
}
