using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Text.Json;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Engines;
using StressFarm.Campaigns.Farm;
using StressFarm.Campaigns.Plans;
using StressFarm.Campaigns.Reports;
using StressFarm.Campaigns.Tallies;
using StressFarm.Exploration.Feedback;
using StressFarm.Exploration.Records;

namespace StressFarm.Cli.Farm;

/// <summary>
/// Runs shards of a farm's campaign again here. Those of a feedback campaign build on earlier generations: what those taught is
/// rebuilt from the farm's records first, and a record that was changed shows in what is built on it.
/// </summary>
/// <param name="records">of a campaign with generations; not looked at otherwise</param>
internal sealed class ShardRerun(FarmLedger ledger, RecordReader records)
{
    /// <param name="Record">as the farm has it; null when only its line is known</param>
    private readonly record struct Work(LedgerLine Line, GenerationInput? Input, ShardRecord? Record);

    private readonly List<string> _complaints = [];
    private readonly CampaignPlan _plan = ledger.Plan;
    private long _folded;

    /// <summary>Runs them.</summary>
    /// <param name="count">how many, if there are so many</param>
    /// <param name="seed">which ones</param>
    public Rerun Run(Func<Geometry, ICampaignEngine> engine, int count, ulong seed, int threads, CancellationToken cancellation)
    {
        var chosen = ledger.Lines.Where(ledger.IsPlanned).DistinctBy(l => l.Index)
            .OrderBy(l => Pcg.Mix(Pcg.Mix(seed) ^ (ulong)l.Index)).ThenBy(l => l.Index).Take(count).ToDictionary(l => l.Index);
        long ran = 0;
        var differences = new ConcurrentDictionary<long, string>();
        ICampaignEngine maker = engine(_plan.Spec.Geometry);
        var runner = new WorkRunner(_plan, maker);
        IEnumerable<Work> work = chosen.Count == 0 ? [] : _plan.Spec.HasGenerations ? WithInputs(chosen) : chosen.Values.Select(line => new Work(line, null, null));
        try
        {
            // Unbuffered: what a generation knows is dropped again when its shards are done.
            Parallel.ForEach(Partitioner.Create(work, EnumerablePartitionerOptions.NoBuffering), new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation },
                maker.CreateWorker, (todo, _, worker) =>
                {
                    LedgerLine line = todo.Line;
                    if (Difference(todo, runner.Run(worker, new Shard(line.Index, line.Cell, line.Number, line.FirstSeed, line.Count), todo.Input, cancellation)) is { } different) differences[line.Index] = different;
                    Interlocked.Increment(ref ran);
                    return worker;
                }, _ => { });
        }
        catch (AggregateException e)
        {
            cancellation.ThrowIfCancellationRequested();
            Exception cause = e.Flatten().InnerExceptions[0];
            if (cause is FarmRefusal or FarmUnreachable) ExceptionDispatchInfo.Throw(cause);
            _complaints.Add(cause is CampaignFault ? cause.Message : $"a shard cannot be run again: {cause.GetBaseException().Message.ReplaceLineEndings(" ")}");
        }
        _complaints.InsertRange(0, differences.OrderBy(d => d.Key).Select(d => d.Value));
        string summary = string.Create(CultureInfo.InvariantCulture,
            $"re-executed {ran} shard{(ran == 1 ? "" : "s")}: {ran - differences.Count} same{(differences.IsEmpty ? "" : $", {differences.Count} DIFFERENT")}");
        string[] more = _folded > 0 ? [string.Create(CultureInfo.InvariantCulture, $"what the generations knew was rebuilt from {_folded} record{(_folded == 1 ? "" : "s")}")] : [];
        return new(ran, ran - differences.Count, _complaints, summary, more);
    }

    /// <summary>Folds the records in order; the chosen shards with what their generations knew.</summary>
    private IEnumerable<Work> WithInputs(Dictionary<long, LedgerLine> chosen)
    {
        var tally = new CampaignTally(_plan);
        foreach (RecordLine line in records.Read())
        {
            if (chosen.TryGetValue(line.Index, out LedgerLine? wanted))
                yield return new(wanted, tally.InputOf(wanted.Cell, wanted.FirstSeed)
                    ?? throw Fault(line.Index, "what its generation knew cannot be rebuilt: records before it are missing"), line.Shard.Record);
            Fold(tally, line);
            _folded++;
        }
        if (ledger.Report is { } report) Compare(tally, report);
    }

    private static void Fold(CampaignTally tally, RecordLine line)
    {
        try
        {
            tally.Add(line.Index, line.Shard.Record);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Bytes that somebody made up; whatever they do to the reader of them says no more than this.
            throw Fault(line.Index, "its record cannot be read");
        }
    }

    private void Compare(CampaignTally tally, CampaignReport report)
    {
        for (int i = 0; i < Math.Min(report.Cells.Count, tally.Cells.Count); i++)
        {
            (CellReport said, CellTally sum, int? species) = (report.Cells[i], tally.Cells[i], tally.CorpusOf(i)?.Species);
            if ((said.Schedules, said.Steps, said.Violated, said.Cut, said.Timelines?.Species) != (sum.Schedules, sum.Steps, sum.Violated, sum.Cut, species))
                _complaints.Add($"{said.Policy} x {said.Workload}: the report counts something else than the records do");
        }
    }

    private static string? Difference(Work work, ShardRecord here)
    {
        LedgerLine line = work.Line;
        string which = string.Create(CultureInfo.InvariantCulture, $"shard {line.Index} (seeds {line.FirstSeed} to {line.FirstSeed + (ulong)line.Count - 1}, by {line.Holder})");
        if (here.Digest != line.Digest || here.Schedules != line.Schedules || here.Steps != line.Steps)
            return string.Create(CultureInfo.InvariantCulture, $"{which}: the ledger says {DigestText.Hex(line.Digest)} in {line.Steps} steps, here it is {DigestText.Hex(here.Digest)} in {here.Steps}");
        return work.Record is { } there && Text(there) != Text(here) ? $"{which}: its record is another one here" : null;
    }

    private static string Text(ShardRecord record) => JsonSerializer.Serialize(record, FarmJson.Default.ShardRecord);

    private static CampaignFault Fault(long index, string what) => new(string.Create(CultureInfo.InvariantCulture, $"shard {index}: {what}"));
}
