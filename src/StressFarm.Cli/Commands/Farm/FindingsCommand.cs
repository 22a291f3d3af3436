using System.CommandLine;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Farm;
using StressFarm.Campaigns.Specs;
using StressFarm.Cli.Hosting;
using StressFarm.Cli.Options;
using StressFarm.Cli.Output;
using StressFarm.Exploration.Evidence;

namespace StressFarm.Cli.Commands.Farm;

/// <summary>What a campaign found, one finding in full, or what the newest campaigns found. Replaying needs no farm: the token is the finding.</summary>
internal static class FindingsCommand
{
    private const int MostDigits = 64;

    public static Command Create(CliHost host)
    {
        var id = new Argument<string?>("campaign") { Arity = ArgumentArity.ZeroOrOne, Description = "a campaign's id (C-…); without it, the newest and the active campaigns" };
        Option<string?> policy = CampaignOptions.One("--policy", "only findings of this design: a preset, or custom"), workload = CampaignOptions.One("--workload", "only findings of this workload"),
            invariant = CampaignOptions.One("--invariant", "only findings of this invariant"), campaigns = CampaignOptions.One("--campaigns", $"how many of the newest campaigns, to those that are active; {FindingQuery.UsualCampaigns}");
        var finding = new Argument<string?>("finding") { Arity = ArgumentArity.ZeroOrOne, Description = "a finding's id (F-…), to see it in full" };
        Command command = FarmCommand.Asking(host, "findings", "list findings of a campaign or of the newest ones, or explain one", async (client, parsed, json, cancellation) =>
        {
            var query = new FindingQuery(parsed.GetValue(policy), parsed.GetValue(workload), parsed.GetValue(invariant));
            if (parsed.GetValue(id) is not { } given)
            {
                IReadOnlyList<FarmFinding> all = await client.Findings(query, parsed.GetValue(campaigns) is null ? null : FarmCommand.Whole(parsed, campaigns, 1, FindingQuery.MostCampaigns, FindingQuery.UsualCampaigns), cancellation);
                if (json) FarmJsonOutput.Write(host.Out, all, FarmJson.Default.IReadOnlyListFarmFinding);
                else FarmText.Write(host.Out, all);
                return ExitCode.Done;
            }
            if (query != FindingQuery.All || parsed.GetValue(campaigns) is not null)
                throw new SpecException("--policy, --workload, --invariant and --campaigns choose among the findings of many campaigns; leave the campaign out");
            string campaign = FarmCommand.Id(given.Trim());
            if (parsed.GetValue(finding) is not { } wanted)
            {
                IReadOnlyList<FindingSummary> findings = await client.Findings(campaign, cancellation);
                if (json) FarmJsonOutput.Write(host.Out, findings, FarmJson.Default.IReadOnlyListFindingSummary);
                else FarmText.Write(host.Out, findings);
                return ExitCode.Done;
            }
            Finding found = await client.Finding(campaign, Checked(wanted.Trim()), cancellation);
            if (json)
            {
                JsonOutput.Write(host.Out, found);
                return ExitCode.Done;
            }
            FindingText.WriteFull(host.Out, found);
            host.Out.WriteLine();
            MailText.Write(host.Out, found);
            return ExitCode.Done;
        });
        command.Add(id);
        command.Add(finding);
        foreach (Option<string?> option in (Option<string?>[])[policy, workload, invariant, campaigns]) command.Add(option);
        return command;
    }

    private static string Checked(string id) =>
        FindingLookup.IsId(id) && id.Length is > 2 and <= MostDigits + 2 && id.Skip(2).All(char.IsAsciiHexDigit)
            ? $"F-{id[2..].ToLowerInvariant()}" : throw new SpecException($"{new UserValue(id, "").Shown} is no finding's id: F- and hex digits");
}
