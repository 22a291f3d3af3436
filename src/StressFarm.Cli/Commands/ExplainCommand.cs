using System.CommandLine;
using StressFarm.Campaigns;
using StressFarm.Cli.Hosting;
using StressFarm.Cli.Output;
using StressFarm.Exploration.Evidence;

namespace StressFarm.Cli.Commands;

/// <summary>A finding in full.</summary>
internal static class ExplainCommand
{
    public static Command Create(CliHost host) => FindingCommand.Create(
        "explain", "show a finding in full: the sentence, CPU columns, the guilty word, a block for a mail, the replay command",
        "a finding's id (F-…) from --out, or a replay token",
        new Option<bool>("--programme") { Description = "print the shrunk programme instead, as a file for 'run --programme'" },
        (text, folder, json, programme) =>
        {
            if (programme) return ProgrammeOutput.Write(host, FindingLookup.IsId(text) ? FindingLookup.ById(text, folder).Token : text, FindingLookup.IsId(text) ? text : WrittenProgramme.DefaultName);
            Finding finding = FindingLookup.IsId(text)
                ? FindingLookup.ById(text, folder)
                : FindingLookup.Replay(text).Finding ?? throw new SpecException("nothing is violated in the schedule of this token");
            return ExplainText.Write(host, finding, json);
        });
}
