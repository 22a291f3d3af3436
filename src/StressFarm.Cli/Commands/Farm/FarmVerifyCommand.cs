using System.CommandLine;
using StressFarm.Campaigns;
using StressFarm.Cli.Farm;

namespace StressFarm.Cli.Commands.Farm;

/// <summary>Checks a farm's ledger here, trusting nothing but its lines: adds them up, and runs a sample of them again.</summary>
internal static class FarmVerifyCommand
{
    private const int UsualSample = 8, MostSample = 1_000_000;

    public static Command Create(CliHost host)
    {
        Argument<string> id = FarmCommand.IdArgument();
        Option<string?> sample = CampaignOptions.One("--sample", $"shards to run again; {UsualSample} by default"),
            seed = CampaignOptions.One("--seed", "which shards: the same seed takes the same ones"),
            workers = CampaignOptions.One("--workers", "threads; all cores by default");
        var all = new Option<bool>("--all") { Description = "run every shard again" };
        Command command = FarmCommand.Asking(host, "verify", "add a campaign's ledger up and run a sample of its shards again here; exit 3 when anything differs", async (client, parsed, json, cancellation) =>
        {
            string campaign = FarmCommand.Id(parsed, id);
            bool every = parsed.GetValue(all);
            if (every && parsed.GetValue(sample) is not null) throw new SpecException("--all: contradicts --sample");
            int count = every ? int.MaxValue : FarmCommand.Whole(parsed, sample, 0, MostSample, UsualSample);
            ulong which = parsed.GetValue(seed) is { } text ? Quantities.Seed(new Given(text.Trim(), "--seed")) : 1;
            int threads = FarmCommand.Whole(parsed, workers, 1, SpecBuilder.MaxWorkers, Math.Min(Environment.ProcessorCount, SpecBuilder.MaxWorkers));
            LedgerCheck check = await LedgerCheck.Of(client, campaign, cancellation);
            IReadOnlyList<string> differences = check.RunAgain(host.Engine, count, which, threads, cancellation);
            foreach (string difference in differences.Concat(check.Complaints)) host.Error.WriteLine($"stressfarm: {difference}");
            bool right = check.Complaints.Count == 0 && differences.Count == 0;
            if (json) Output.JsonOutput.Write(host.Out, writer => check.WriteJson(writer, differences.Count, right));
            else foreach (string line in check.Lines(differences.Count)) host.Out.WriteLine(line);
            return right ? ExitCode.Done : ExitCode.Fault;
        });
        command.Add(id);
        foreach (Option option in (Option[])[sample, all, seed, workers]) command.Add(option);
        return command;
    }
}
