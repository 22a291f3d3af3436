using System.CommandLine;
using System.Text.Json.Serialization.Metadata;
using StressFarm.Cli.Farm;
using StressFarm.Cli.Hosting;
using StressFarm.Cli.Output;

namespace StressFarm.Cli.Commands.Farm;

/// <summary>One command line that asks a farm.</summary>
/// <param name="Json">JSON is asked for</param>
internal sealed record FarmCall(CliHost Host, FarmClient Client, ParseResult Parsed, bool Json)
{
    public CancellationToken Cancellation => Host.Interrupt;

    /// <summary>Shows what the farm answered, as it said it or as text.</summary>
    public int Show<T>(T answer, JsonTypeInfo<T> type, Action<TextWriter, T> text)
    {
        if (Json) JsonOutput.Write(Host.Out, answer, type);
        else text(Host.Out, answer);
        return ExitCode.Done;
    }
}
