using System.CommandLine;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Ledgers;
using StressFarm.Campaigns.Plans;
using StressFarm.Campaigns.Soak;
using StressFarm.Campaigns.Specs;
using StressFarm.Cli.Hosting;
using StressFarm.Cli.Options;
using StressFarm.Cli.Output;

namespace StressFarm.Cli.Commands;

/// <summary>Re-checks the chains of a soak.</summary>
internal static class VerifyCommand
{
    /// <summary>Epochs run once more when nothing is said.</summary>
    private const int DefaultSample = 16;

    public static Command Create(CliHost host)
    {
        var command = new Command("verify", "re-check the hash chains of a soak: every link, and epochs run once more; exit 3 when something does not fit");
        Option<string?> folder = CampaignOptions.OutOption(), format = CampaignOptions.FormatOption();
        Option<string?> section = CampaignOptions.One("--section", "only the sections of this number");
        Option<string?> sample = CampaignOptions.One("--sample", $"epochs to run once more, of those whose checkpoint was kept; {DefaultSample} by default, 0 for none");
        var all = new Option<bool>("--all") { Description = "run every epoch once more, from the first one on" };
        foreach (Option option in (Option[])[folder, section, sample, all, format]) command.Add(option);
        command.SetAction(parsed =>
        {
            bool json = CampaignOptions.IsJson(parsed.GetValue(format));
            int? only = parsed.Whole(section, 0, SoakBudget.MaxSections), asked = parsed.Whole(sample, 0, int.MaxValue);
            if (asked is not null && parsed.GetValue(all)) throw new SpecException("--sample: contradicts --all");
            return Verify(host, parsed.GetValue(folder) ?? Defaults.OutputFolder, only, parsed.GetValue(all) ? null : asked ?? DefaultSample, json);
        });
        return command;
    }

    private static int Verify(CliHost host, string folder, int? section, int? sample, bool json)
    {
        using SqliteLedger ledger = LedgerFolder.OpenToRead(folder);
        CampaignSpec spec = ledger.ReadSpec();
        if (spec.Soak is not { } soak) throw new SpecException($"'{folder}' holds a campaign that is no soak: only a soak has chains");
        if (section >= soak.Sections) throw new SpecException($"--section: the soak in '{folder}' has the sections 0 to {soak.Sections - 1}");
        var verifier = new ChainVerifier(new CampaignPlan(spec), sample == 0 ? null : host.Engine(spec.Geometry).CreateWorker()) { Only = section, Sample = sample };
        ChainVerification done;
        try
        {
            done = verifier.Verify(ledger.Shards(), ledger.Checkpoints(), ReportHeads.Read(folder, spec), host.Interrupt);
        }
        catch (SpecException e)
        {
            // A row that cannot even be read is a row that was changed.
            throw new CampaignFault(e.Message, e);
        }
        catch (OperationCanceledException)
        {
            host.Complain("interrupted; nothing that was looked at did not fit");
            return ExitCode.Inconclusive;
        }
        if (json) JsonOutput.Write(host.Out, done);
        else Write(host.Out, spec, done);
        return ExitCode.Done;
    }

    private static void Write(TextWriter output, CampaignSpec spec, ChainVerification done)
    {
        output.WriteLine($"stressfarm {BuildInfo.Build} | model {ModelVersion.Current} | verify | spec {spec.Hash[..12]}");
        foreach (string line in ChainText.Lines(done)) output.WriteLine(line);
        output.WriteLine($"{Numbers.Of(done.Reexecuted, "epoch")} run once more: the same records, the same memory");
    }
}
