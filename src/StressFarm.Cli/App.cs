using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Specs;
using StressFarm.Cli.Commands;
using StressFarm.Cli.Commands.Farm;
using StressFarm.Cli.Hosting;

namespace StressFarm.Cli;

/// <summary>The <c>stressfarm</c> command.</summary>
public static class App
{
    /// <summary>Runs one command line and returns its exit code. Whatever goes wrong is one line on standard error.</summary>
    public static int Run(IReadOnlyList<string> args, CliHost host)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        try
        {
            RootCommand root = Root(host);
            // Arguments are never read from "@file": what is typed is what runs.
            ParseResult parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
            if (parsed.Errors.Count > 0) return Fail(host, $"{Complaint(parsed)} (see 'stressfarm --help')", ExitCode.Usage);
            return parsed.Invoke(new InvocationConfiguration { Output = host.Out, Error = host.Error, EnableDefaultExceptionHandler = false });
        }
        catch (SpecException e)
        {
            return Fail(host, e.Message, ExitCode.Usage);
        }
        catch (CampaignFault e)
        {
            return Fail(host, e.Message, ExitCode.Fault);
        }
        catch (Exception e)
        {
            return Fail(host, $"internal error: {e.GetType().Name}: {e.Message}", ExitCode.Fault);
        }
    }

    private static RootCommand Root(CliHost host)
    {
        var root = new RootCommand("StressFarm: a simulator of Linux page metadata that judges disputed designs. Exit codes: 0 done, 1 violation, 2 inconclusive, 3 fault, 64 usage.");
        root.Add(CompareCommand.Create(host));
        root.Add(RunCommand.Create(host));
        root.Add(ExhaustCommand.Create(host));
        root.Add(SoakCommand.Create(host));
        root.Add(VerifyCommand.Create(host));
        root.Add(ReplayCommand.Create(host));
        root.Add(ExplainCommand.Create(host));
        root.Add(TrialCommand.Create(host));
        root.Add(ListCommand.Create(host));
        root.Add(FarmCommand.Create(host));
        return root;
    }

    /// <summary>What is wrong with the command line: the word that is not understood, before what is missing without it.</summary>
    private static string Complaint(ParseResult parsed) =>
        parsed.Errors.FirstOrDefault(e => e.SymbolResult is OptionResult || e.Message.StartsWith("unknown option", StringComparison.Ordinal))?.Message
        ?? (parsed.UnmatchedTokens.Count > 0
            ? $"unknown {(parsed.UnmatchedTokens[0].StartsWith('-') ? "option" : "command or argument")} {new UserValue(parsed.UnmatchedTokens[0], "").Shown}"
            : parsed.Errors[0].Message);

    private static int Fail(CliHost host, string message, int code)
    {
        host.Complain(OneLine(message));
        return code;
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").Trim();
}
