using System.CommandLine;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Specs;
using StressFarm.Cli.Farm;
using StressFarm.Cli.Hosting;
using StressFarm.Cli.Options;
using StressFarm.Cli.Output;

namespace StressFarm.Cli.Commands.Farm;

/// <summary>Checks a farm's ledger here, trusting nothing but its lines: adds them up, and runs a sample again; of a soak, its chains too.</summary>
internal static class FarmVerifyCommand
{
    private const int UsualSample = 8, MostSample = 1_000_000;

    public static Command Create(CliHost host)
    {
        Option<string?> sample = CampaignOptions.One("--sample", $"shards to run again, of a soak epochs whose checkpoint is kept; {UsualSample} by default"),
            seed = CampaignOptions.One("--seed", "which shards: the same seed takes the same ones"),
            workers = CampaignOptions.One("--workers", "threads; all cores by default, and one for a soak");
        var all = new Option<bool>("--all") { Description = "run every shard or epoch again" };
        return FarmCommand.AboutCampaign(host, "verify", "add a campaign's ledger up, check a soak's chains, and run a sample again here; exit 3 when anything differs", async (call, id) =>
        {
            (FarmClient client, ParseResult parsed, CancellationToken cancellation) = (call.Client, call.Parsed, call.Cancellation);
            bool every = parsed.GetValue(all);
            if (every && parsed.GetValue(sample) is not null) throw new SpecException("--all: contradicts --sample");
            int count = every ? int.MaxValue : parsed.Whole(sample, 0, MostSample) ?? UsualSample;
            ulong which = parsed.Given(seed) is { } given ? Quantities.Seed(given) : 1;
            int threads = parsed.Whole(workers, 1, SpecBuilder.MaxWorkers) ?? Math.Min(Environment.ProcessorCount, SpecBuilder.MaxWorkers);
            FarmLedger ledger = await FarmLedger.Fetch(client, id, cancellation);
            var check = new LedgerCheck(ledger);
            var records = new RecordReader(client, ledger, cancellation);
            Rerun again = ledger.Plan.Spec.Soak is null ? new ShardRerun(ledger, records).Run(host.Engine, count, which, threads, cancellation)
                : new ChainCheck(client, ledger, records, cancellation).Run(count == 0 ? null : host.Engine(ledger.Plan.Spec.Geometry).CreateWorker(), every ? null : count, which);
            foreach (string complaint in again.Complaints.Concat(check.Complaints)) host.Complain(complaint);
            if (call.Json) JsonOutput.Write(host.Out, check.Shape(again));
            else foreach (string line in check.Lines(again)) host.Out.WriteLine(line);
            return check.Complaints.Count == 0 && again.Complaints.Count == 0 ? ExitCode.Done : ExitCode.Fault;
        }, sample, all, seed, workers);
    }
}
