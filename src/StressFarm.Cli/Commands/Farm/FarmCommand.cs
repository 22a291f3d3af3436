using System.CommandLine;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Specs;
using StressFarm.Cli.Farm;
using StressFarm.Cli.Hosting;
using StressFarm.Cli.Options;

namespace StressFarm.Cli.Commands.Farm;

/// <summary>The same campaigns on a cluster: every command talks to a farm's HTTP API.</summary>
internal static class FarmCommand
{
    private const int IdDigits = 12;

    public static Command Create(CliHost host)
    {
        var command = new Command("farm", $"campaigns on a farm: --farm URL, or {FarmAddress.FarmVariable}; the token in {FarmAddress.TokenVariable} or --token-file");
        command.Add(SubmitCommand.Create(host));
        command.Add(FarmListCommand.Create(host));
        command.Add(WatchCommand.Create(host));
        command.Add(StatusCommand.Create(host));
        foreach (var (verb, description) in ((string, string)[])[
            ("pause", "hand out no new work of a campaign"), ("resume", "go on with a paused campaign"), ("cancel", "end a campaign; what is done stays")])
            command.Add(StatusCommand.CreateSteering(host, verb, description));
        command.Add(FindingsCommand.Create(host));
        command.Add(ReportCommand.Create(host));
        command.Add(LedgerCommand.Create(host));
        command.Add(FarmVerifyCommand.Create(host));
        command.Add(SilosCommand.Create(host));
        return command;
    }

    /// <summary>A command that asks a farm: with its address, its token and a format.</summary>
    /// <param name="run">gives the exit code</param>
    /// <param name="options">further ones</param>
    public static Command Asking(CliHost host, string name, string description, Func<FarmCall, Task<int>> run, params IEnumerable<Option> options)
    {
        var command = new Command(name, description);
        var address = new FarmAddress();
        Option<string?> format = CampaignOptions.FormatOption();
        address.AddTo(command);
        command.Add(format);
        foreach (Option option in options) command.Add(option);
        command.SetAction(parsed =>
        {
            bool json = CampaignOptions.IsJson(parsed.GetValue(format));
            return Run(host, () => address.Client(parsed, host), client => run(new(host, client, parsed, json)));
        });
        return command;
    }

    /// <summary>A command that asks a farm about one campaign: it takes the campaign's id.</summary>
    /// <param name="run">the call and the id; gives the exit code</param>
    public static Command AboutCampaign(CliHost host, string name, string description, Func<FarmCall, string, Task<int>> run, params IEnumerable<Option> options)
    {
        var id = new Argument<string>("id") { Description = "a campaign's id: C-…" };
        Command command = Asking(host, name, description, call => run(call, Id(call.Parsed.GetRequiredValue(id).Trim())), options);
        command.Add(id);
        return command;
    }

    /// <summary>Runs what asks a farm; no answer, and a no, are one line and exit code 3, a bad spec is 64.</summary>
    public static int Run(CliHost host, Func<FarmClient> open, Func<FarmClient, Task<int>> run)
    {
        try
        {
            using FarmClient client = open();
            // Off this thread: where the caller has a synchronization context, waiting here would keep it from going on.
            return Task.Run(() => run(client)).GetAwaiter().GetResult();
        }
        catch (FarmRefusal e) when (e.Status == System.Net.HttpStatusCode.BadRequest)
        {
            throw new SpecException($"the farm refuses this: {e.Message}");
        }
        catch (FarmRefusal e)
        {
            throw new CampaignFault($"the farm refuses this ({(int)e.Status}): {e.Message}", e);
        }
        catch (FarmUnreachable e)
        {
            throw new CampaignFault(e.Message, e);
        }
        catch (OperationCanceledException) when (host.Interrupt.IsCancellationRequested)
        {
            host.Complain("interrupted; the farm goes on");
            return ExitCode.Inconclusive;
        }
    }

    /// <exception cref="SpecException">no campaign has such an id</exception>
    public static string Id(string id) =>
        id.Length == IdDigits + 2 && id.StartsWith("C-", StringComparison.Ordinal) && id.AsSpan(2).IndexOfAnyExcept("0123456789abcdef") < 0
            ? id : throw new SpecException($"{new UserValue(id, "").Shown} is no campaign's id: C- and twelve hex digits");
}
