using System.CommandLine;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Specs;

namespace StressFarm.Cli.Options;

/// <summary>What the user wrote behind an option.</summary>
internal static class OptionValues
{
    /// <summary>The value; null when the option is not there.</summary>
    public static UserValue? Given(this ParseResult parsed, Option<string?> option) =>
        parsed.GetValue(option) is { } text ? new UserValue(text.Trim(), option.Name) : null;

    /// <summary>A whole number in [low, high]; null when the option is not there.</summary>
    /// <exception cref="SpecException">it is none</exception>
    public static long? Whole(this ParseResult parsed, Option<string?> option, long low, long high) =>
        parsed.Given(option) is { } given ? Quantities.Whole(given, low, high) : null;

    /// <summary>The same where it must fit an int.</summary>
    public static int? Whole(this ParseResult parsed, Option<string?> option, int low, int high) => (int?)parsed.Whole(option, (long)low, high);
}
