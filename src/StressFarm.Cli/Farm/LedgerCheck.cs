using System.Globalization;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Farm;
using StressFarm.Campaigns.Ledgers;
using StressFarm.Campaigns.Plans;
using StressFarm.Campaigns.Reports;
using StressFarm.Cli.Output;
using StressFarm.Exploration.Records;

namespace StressFarm.Cli.Farm;

/// <summary>Adds a farm's ledger up here, against the plan and the report.</summary>
internal sealed class LedgerCheck
{
    private readonly List<string> _complaints = [];
    private readonly LedgerAudit _audit;
    private readonly bool _done;

    public LedgerCheck(FarmLedger ledger)
    {
        CampaignReport? report = ledger.Report;
        _done = report is not null;
        // While it runs nothing is lost yet: what counts is what stands without a gap.
        _audit = LedgerAudit.Of(ledger.Plan, report?.Shards ?? Prefix(ledger.Lines), ledger.Lines.Select(line => Stored(ledger, line)));
        if (!_audit.Balanced) _complaints.Add($"the ledger of {ledger.Id} does not add up: {_audit}");
        if (report is null) return;
        _complaints.AddRange(report.Canaries.Complaints());
        if (_audit.Digest != report.Digest) _complaints.Add($"the ledger's digest is {DigestText.Hex(_audit.Digest)}, the report's {DigestText.Hex(report.Digest)}");
        if (_audit.Schedules != report.Schedules || _audit.Steps != report.Steps)
            _complaints.Add(string.Create(CultureInfo.InvariantCulture, $"the ledger has {_audit.Schedules} schedules and {_audit.Steps} steps, the report {report.Schedules} and {report.Steps}"));
        // Where steps or time end a campaign, the plan alone does not say how many shards there are.
        if (ledger.Plan.ShardCount is { } asked && ledger.Order is { Spec.Steps: null, Budget: null } && report.Shards != asked)
            _complaints.Add(string.Create(CultureInfo.InvariantCulture, $"the report counts {report.Shards} shards, the spec asks for {asked}"));
    }

    /// <summary>What does not add up, a line each.</summary>
    public IReadOnlyList<string> Complaints => _complaints;

    public IEnumerable<string> Lines(Rerun again)
    {
        yield return $"{_audit}; {again.Summary}";
        foreach (string line in again.More) yield return line;
        yield return _done ? $"the ledger's digest {DigestText.Hex(_audit.Digest)} {(Complaints.Count == 0 ? "is the report's" : "was compared with the report's")}"
            : "the campaign is not done: what stands in the ledger now was checked";
    }

    public LedgerCheckShape Shape(Rerun again) => new(
        _audit.Planned, _audit.Executed, _audit.Lost, _audit.Double, _audit.Foreign, DigestText.Hex(_audit.Digest),
        again.Chains?.Sections, again.Chains?.Epochs, again.Chains?.Checkpoints, again.Ran, again.Same, _done, Complaints.Count == 0 && again.Complaints.Count == 0);

    /// <summary>A line as the audit takes it; one that is of no shard of the plan comes to it as such.</summary>
    private static StoredShard Stored(FarmLedger ledger, LedgerLine line) =>
        new(line.Cell, ledger.IsPlanned(line) ? line.Number : -1, new ShardRecord(line.Digest, line.Schedules, line.Steps, [], [], 0, 0));

    private static long Prefix(IReadOnlyList<LedgerLine> lines)
    {
        long prefix = 0;
        foreach (long index in lines.Select(l => l.Index).Distinct().Order())
        {
            if (index != prefix) break;
            prefix++;
        }
        return prefix;
    }
}
