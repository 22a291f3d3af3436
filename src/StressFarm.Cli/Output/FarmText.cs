using System.Globalization;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Farm;
using StressFarm.Campaigns.Ledgers;

namespace StressFarm.Cli.Output;

/// <summary>What the farm says, as text.</summary>
internal static class FarmText
{
    public static void Write(TextWriter output, CampaignStatus s)
    {
        output.WriteLine($"{s.Id}  {s.Name}");
        output.WriteLine($"state:     {s.State.ToLowerInvariant()}{(s.Reason.Length > 0 ? $": {s.Reason}" : "")}, {s.Phase}");
        string left = s.LeftSeconds is { } seconds ? $", {Numbers.Duration(TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 1e9)))} left" : "";
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"progress:  {s.Share * 100:0}%{left} | {Numbers.Short(s.StepsPerSecond)} steps/s on {s.Leases.Silos} silo{(s.Leases.Silos == 1 ? "" : "s")}"));
        output.WriteLine(s.Search is { } search
            ? $"done:      {Numbers.Of(search.Programmes, "search", "es")}: {Numbers.Grouped(search.Exhausted)} exhausted, {Numbers.Grouped(search.Violated)} violated, {Numbers.Grouped(search.Unfinished)} not finished; {Numbers.Of(search.States, "state")}, {Numbers.Of(search.Transitions, "transition")}; digest {s.Digest}"
            : $"done:      {Numbers.Of(s.Schedules, "schedule")}, {Numbers.Of(s.Steps, "step")}, {Numbers.Grouped(s.Violated)} violated; digest {s.Digest}");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"canaries:  {s.Canaries.Caught} of {s.Canaries.Planted} caught"));
        output.WriteLine($"findings:  {s.Findings} of {s.Candidates} worked up");
        output.WriteLine(Balance(s.Ledger));
        output.WriteLine($"leases:    {s.Leases.Held} held, {Numbers.Grouped(s.Leases.Reissued)} handed out again, {Numbers.Grouped(s.Leases.Refused)} late results refused");
        if (s.Leases.Oldest is { } oldest)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"oldest:    {oldest.Kind} of {oldest.Policy} × {oldest.Workload}, {Numbers.Of(oldest.Schedules, "schedule")} from seed {oldest.FirstSeed}, given {Time(oldest.Given)}, now with {oldest.Holder}"));
        output.WriteLine($"verified:  {Numbers.Of(s.Leases.Verified, "shard")} run by a second silo, {s.Leases.VerifyMismatches} differed");
        output.WriteLine($"created:   {Time(s.Created)}{(s.Finished is { } end ? $", finished {Time(end)}" : "")}");
        foreach (string defect in s.Defects) output.WriteLine($"DEFECT:    {defect}");
    }

    public static string Balance(LedgerSummary b) => string.Create(CultureInfo.InvariantCulture, $"ledger:    planned {b.Planned}, executed {b.Executed}, lost {b.Lost}, double {b.Double}");

    public static void Write(TextWriter output, IReadOnlyList<CampaignStatus> campaigns)
    {
        if (campaigns.Count == 0) output.WriteLine("the farm has no campaign");
        foreach (CampaignStatus s in campaigns)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{s.Id}  {s.State.ToLowerInvariant(),-9} {s.Share * 100,3:0}%  {Numbers.Short(s.Steps),6} steps  {Numbers.Short(s.Violated),6} violated  {s.Canaries}  {s.Findings,3} finding{(s.Findings == 1 ? " " : "s")}  {Time(s.Created)}  {s.Name}").TrimEnd());
    }

    public static void Write(TextWriter output, IReadOnlyList<FindingSummary> findings)
    {
        if (findings.Count == 0) output.WriteLine("no finding so far");
        foreach (FindingSummary f in findings)
        {
            if (f.Id.Length == 0)
            {
                output.WriteLine($"-         {f.Signature}");
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"    {f.Policy} x {f.Workload}, seed {f.Seed}; {Numbers.Of(f.Count, "schedule")}{Seen(f)}; not shrunk and explained yet"));
                continue;
            }
            output.WriteLine($"{f.Id}  {f.Signature}");
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"    severity {f.Severity}; {f.Policy} x {f.Workload}, seed {f.Seed}; shrunk to {f.Length} step{(f.Length == 1 ? "" : "s")}; {Numbers.Of(f.Count, "schedule")}{Seen(f)}"));
            output.WriteLine($"    replay:  {f.Replay}");
        }
    }

    /// <summary>Why it answers to a workload that is not its own.</summary>
    private static string Seen(FindingSummary f) => f.Workloads is { Count: > 1 } workloads ? $"; seen in {string.Join(", ", workloads)}" : "";

    public static void Write(TextWriter output, IReadOnlyList<FarmFinding> findings)
    {
        if (findings.Count == 0) output.WriteLine("no such finding");
        foreach (var campaign in findings.GroupBy(f => (f.Campaign, f.Name)))
        {
            output.WriteLine($"{campaign.Key.Campaign}  {campaign.Key.Name}");
            Write(output, [.. campaign.Select(f => f.Finding)]);
        }
    }

    public static void Write(TextWriter output, LedgerPage page)
    {
        output.WriteLine(Balance(page.Balance));
        foreach (LedgerLine l in page.Lines)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{l.Index,10}  cell {l.Cell,3}  seeds {l.FirstSeed} + {l.Count}  {Numbers.Of(l.Steps, "step")}  {DigestText.Hex(l.Digest)}  epoch {l.Epoch} by {l.Holder}  {Time(l.Recorded)}"));
        if (page.Next is { } next) output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"more from --from {next}"));
    }

    public static void Write(TextWriter output, IReadOnlyList<SiloReport> silos)
    {
        if (silos.Count == 0) output.WriteLine("no silo has shown itself yet");
        int width = silos.Select(s => s.Name.Length).DefaultIfEmpty(0).Max();
        foreach (SiloReport s in silos)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{s.Name.PadRight(width)}  {s.State,-8}  {s.Busy} of {s.Workers} workers busy  {Numbers.Short(s.StepsPerSecond)} steps/s  seen {Time(s.Seen)}"));
    }

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
