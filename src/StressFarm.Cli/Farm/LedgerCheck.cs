using System.Globalization;
using System.Text.Json;
using StressFarm.Campaigns;
using StressFarm.Exploration;
using StressFarm.Simulation;

namespace StressFarm.Cli.Farm;

/// <summary>A farm's ledger, fetched whole and checked here: its sums against the plan and the report, its lines by running them.</summary>
internal sealed class LedgerCheck
{
    private const int PageLines = 1000;
    private readonly CampaignPlan _plan;
    private readonly List<LedgerLine> _lines;
    private readonly List<string> _complaints = [];
    private readonly LedgerAudit _audit;
    private readonly bool _done;

    private LedgerCheck(CampaignOrder order, string id, List<LedgerLine> lines, CampaignReport? report)
    {
        (_plan, _lines, _done) = (new CampaignPlan(order.Spec), lines, report is not null);
        // While it runs nothing is lost yet: what counts is what stands without a gap.
        _audit = LedgerAudit.Of(_plan, report?.Shards ?? Prefix(lines), lines.Select(Stored));
        if (!_audit.Balanced) _complaints.Add($"the ledger of {id} does not add up: {_audit}");
        if (report is null) return;
        if (_audit.Digest != report.Digest) _complaints.Add($"the ledger's digest is {ReportWriter.Hex(_audit.Digest)}, the report's {ReportWriter.Hex(report.Digest)}");
        if (_audit.Schedules != report.Schedules || _audit.Steps != report.Steps)
            _complaints.Add(string.Create(CultureInfo.InvariantCulture, $"the ledger has {_audit.Schedules} schedules and {_audit.Steps} steps, the report {report.Schedules} and {report.Steps}"));
        // Where steps or time end a campaign, the plan alone does not say how many shards there are.
        if (_plan.ShardCount is { } asked && order.Spec.Steps is null && order.Budget is null && report.Shards != asked)
            _complaints.Add(string.Create(CultureInfo.InvariantCulture, $"the report counts {report.Shards} shards, the spec asks for {asked}"));
    }

    /// <summary>What does not add up, a line each.</summary>
    public IReadOnlyList<string> Complaints => _complaints;
    /// <summary>Shards that were run again.</summary>
    public int Ran { get; private set; }

    /// <summary>Fetches and adds up.</summary>
    /// <exception cref="CampaignFault">this build cannot check it</exception>
    public static async Task<LedgerCheck> Of(FarmClient client, string id, CancellationToken cancellation)
    {
        CampaignOrder order = SpecBuilder.Build(SpecFile.Parse(await client.Spec(id, cancellation), id), Defaults.Run);
        if (CampaignEntry.IdOf(order.Spec) is var own && own != id)
            throw new CampaignFault($"this build understands the campaign {id} as {own}: it was run under another model version, and only that can run it again");
        CampaignStatus status = await client.Status(id, cancellation);
        CampaignReport? report = FarmWatcher.StateOf(status) == CampaignState.Done ? ReportReader.Read(await client.Report(id, cancellation), order.Spec) : null;
        var lines = new List<LedgerLine>();
        for (long? from = 0; from is { } first;)
        {
            LedgerPage page = await client.Ledger(id, first, PageLines, cancellation);
            lines.AddRange(page.Lines);
            if (page.Next <= first) throw new CampaignFault(string.Create(CultureInfo.InvariantCulture, $"the farm's ledger of {id} goes round in circles at {first}"));
            from = page.Next;
        }
        return new LedgerCheck(order, id, lines, report);
    }

    /// <summary>Why no shard can be run again from the spec alone, or null.</summary>
    public string? NotRunAgain => _plan.Spec.Strategy == "feedback" ? "a shard of a feedback campaign builds on the results of earlier generations" : null;

    /// <summary>Runs shards again; a line for each that gives something else.</summary>
    /// <param name="count">how many, if there are so many</param>
    /// <param name="seed">which ones</param>
    public IReadOnlyList<string> RunAgain(Func<Geometry, ICampaignEngine> engine, int count, ulong seed, int threads, CancellationToken cancellation)
    {
        if (NotRunAgain is not null) return [];
        List<LedgerLine> chosen = [.. _lines.Where(IsPlanned).OrderBy(l => Pcg.Mix(Pcg.Mix(seed) ^ (ulong)l.Index)).ThenBy(l => l.Index).Take(count)];
        var found = new string?[chosen.Count];
        ICampaignEngine maker = engine(_plan.Spec.Geometry);
        try
        {
            Parallel.ForEach(Enumerable.Range(0, chosen.Count), new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation },
                maker.CreateWorker, (i, _, worker) =>
                {
                    found[i] = Difference(chosen[i], worker.Run(_plan.Cells[chosen[i].Cell].Cell, chosen[i].FirstSeed, chosen[i].Count, cancellation));
                    return worker;
                }, _ => { });
        }
        catch (AggregateException e)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new CampaignFault($"a shard cannot be run again: {e.GetBaseException().Message.ReplaceLineEndings(" ")}", e);
        }
        Ran = chosen.Count;
        return [.. found.OfType<string>()];
    }

    public IEnumerable<string> Lines(int differences)
    {
        string again = NotRunAgain is { } why ? $"no shard was run again: {why}"
            : string.Create(CultureInfo.InvariantCulture, $"re-executed {Ran} shard{(Ran == 1 ? "" : "s")}: {Ran - differences} same{(differences > 0 ? $", {differences} DIFFERENT" : "")}");
        yield return $"{_audit}; {again}";
        yield return _done ? $"the ledger's digest {ReportWriter.Hex(_audit.Digest)} {(Complaints.Count == 0 ? "is the report's" : "was compared with the report's")}"
            : "the campaign is not done: what stands in the ledger now was checked";
    }

    public void WriteJson(Utf8JsonWriter json, int differences, bool right)
    {
        json.WriteStartObject();
        json.WriteNumber("planned", _audit.Planned);
        json.WriteNumber("executed", _audit.Executed);
        json.WriteNumber("lost", _audit.Lost);
        json.WriteNumber("double", _audit.Double);
        json.WriteNumber("foreign", _audit.Foreign);
        json.WriteString("digest", ReportWriter.Hex(_audit.Digest));
        json.WriteNumber("reexecuted", Ran);
        json.WriteNumber("same", Ran - differences);
        json.WriteBoolean("done", _done);
        json.WriteBoolean("right", right);
        json.WriteEndObject();
    }

    private static string? Difference(LedgerLine line, ShardRecord record) =>
        record.Digest == line.Digest && record.Schedules == line.Schedules && record.Steps == line.Steps ? null
            : string.Create(CultureInfo.InvariantCulture,
                $"shard {line.Index} (seeds {line.FirstSeed} to {line.FirstSeed + (ulong)line.Count - 1}, by {line.Holder}): the ledger says {ReportWriter.Hex(line.Digest)} in {line.Steps} steps, here it is {ReportWriter.Hex(record.Digest)} in {record.Steps}");

    private bool IsPlanned(LedgerLine line) => _plan.At(line.Index) is { } shard
        && (shard.Cell, shard.Number, shard.FirstSeed, shard.Count) == (line.Cell, line.Number, line.FirstSeed, line.Count);

    /// <summary>A line as the audit takes it; one that is of no shard of the plan comes to it as such.</summary>
    private StoredShard Stored(LedgerLine line) => new(line.Cell, IsPlanned(line) ? line.Number : -1, new ShardRecord(line.Digest, line.Schedules, line.Steps, [], [], 0, 0));

    private static long Prefix(List<LedgerLine> lines)
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
