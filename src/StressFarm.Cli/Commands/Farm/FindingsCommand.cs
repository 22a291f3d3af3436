using System.CommandLine;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Farm;
using StressFarm.Campaigns.Specs;
using StressFarm.Cli.Farm;
using StressFarm.Cli.Hosting;
using StressFarm.Cli.Options;
using StressFarm.Cli.Output;

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
        Command command = FarmCommand.Asking(host, "findings", "list findings of a campaign or of the newest ones, or explain one", async call =>
        {
            (FarmClient client, ParseResult parsed, CancellationToken cancellation) = (call.Client, call.Parsed, call.Cancellation);
            var query = new FindingQuery(parsed.GetValue(policy), parsed.GetValue(workload), parsed.GetValue(invariant));
            if (parsed.GetValue(id) is not { } given)
                return call.Show(await client.Findings(query, parsed.Whole(campaigns, 1, FindingQuery.MostCampaigns), cancellation), FarmJson.Default.IReadOnlyListFarmFinding, FarmText.Write);
            if (query != FindingQuery.All || parsed.GetValue(campaigns) is not null)
                throw new SpecException("--policy, --workload, --invariant and --campaigns choose among the findings of many campaigns; leave the campaign out");
            string campaign = FarmCommand.Id(given.Trim());
            if (parsed.GetValue(finding) is not { } wanted)
                return call.Show(await client.Findings(campaign, cancellation), FarmJson.Default.IReadOnlyListFindingSummary, FarmText.Write);
            return ExplainText.Write(host, await client.Finding(campaign, Checked(wanted.Trim()), cancellation), call.Json);
        }, policy, workload, invariant, campaigns);
        command.Add(id);
        command.Add(finding);
        return command;
    }

    private static string Checked(string id) =>
        FindingLookup.IsId(id) && id.Length is > 2 and <= MostDigits + 2 && id.Skip(2).All(char.IsAsciiHexDigit)
            ? $"F-{id[2..].ToLowerInvariant()}" : throw new SpecException($"{new UserValue(id, "").Shown} is no finding's id: F- and hex digits");
}
