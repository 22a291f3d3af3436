using System.CommandLine;
using StressFarm.Cli.Options;

namespace StressFarm.Cli.Commands;

/// <summary>A command about one finding: it takes an id or a token, the folder that ids are looked up in, and a format.</summary>
internal static class FindingCommand
{
    /// <param name="run">the finding as it was typed, the folder, whether JSON is asked for; gives the exit code</param>
    public static Command Create(string name, string description, string argument, Func<string, string, bool, int> run) =>
        Create(name, description, argument, null, (text, folder, json, _) => run(text, folder, json));

    /// <param name="other">an option that asks for something else, which <paramref name="run"/> is told last</param>
    public static Command Create(string name, string description, string argument, Option<bool>? other, Func<string, string, bool, bool, int> run)
    {
        var command = new Command(name, description);
        var what = new Argument<string>("finding") { Description = argument };
        Option<string?> folder = CampaignOptions.OutOption(), format = CampaignOptions.FormatOption();
        command.Add(what);
        command.Add(folder);
        command.Add(format);
        if (other is not null) command.Add(other);
        command.SetAction(parsed =>
        {
            bool json = CampaignOptions.IsJson(parsed.GetValue(format));
            return run(parsed.GetRequiredValue(what).Trim(), parsed.GetValue(folder) ?? Defaults.OutputFolder, json, other is not null && parsed.GetValue(other));
        });
        return command;
    }
}
