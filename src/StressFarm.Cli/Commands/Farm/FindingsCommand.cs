using System.CommandLine;
using StressFarm.Campaigns;
using StressFarm.Cli.Output;
using StressFarm.Exploration;

namespace StressFarm.Cli.Commands.Farm;

/// <summary>What a campaign found; one of them in full. Replaying it needs no farm: the token is the finding.</summary>
internal static class FindingsCommand
{
    private const int MostDigits = 64;

    public static Command Create(CliHost host)
    {
        Argument<string> id = FarmCommand.IdArgument();
        var finding = new Argument<string?>("finding") { Arity = ArgumentArity.ZeroOrOne, Description = "a finding's id (F-…), to see it in full" };
        Command command = FarmCommand.Asking(host, "findings", "list a campaign's findings, or explain one of them", async (client, parsed, json, cancellation) =>
        {
            string campaign = FarmCommand.Id(parsed, id);
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
        return command;
    }

    private static string Checked(string id) =>
        FindingLookup.IsId(id) && id.Length is > 2 and <= MostDigits + 2 && id.Skip(2).All(char.IsAsciiHexDigit)
            ? $"F-{id[2..].ToLowerInvariant()}" : throw new SpecException($"{new Given(id, "").Shown} is no finding's id: F- and hex digits");
}
