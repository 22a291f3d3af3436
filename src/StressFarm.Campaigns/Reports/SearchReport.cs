using System.Globalization;
using StressFarm.Campaigns.Plans;
using StressFarm.Campaigns.Tallies;
using StressFarm.Exploration;
using StressFarm.Exploration.Records;

namespace StressFarm.Campaigns.Reports;

/// <summary>What the searches of a cell came to.</summary>
/// <param name="Thing">what was searched: programme, or part</param>
/// <param name="Asked">how many of them</param>
/// <param name="StateLimit">of one of them</param>
/// <param name="Invariants">that some of them violate</param>
public sealed record SearchReport(string Thing, long Asked, long StateLimit, SearchCounts Counts, IReadOnlyList<string> Invariants)
{
    /// <summary>Bits of the keys that states are told apart by.</summary>
    private const int KeyBits = 64;

    public static SearchReport Of(PlannedCell cell, SearchTerms terms, CellTally tally) =>
        new(cell.Workload is WrittenProgramme && terms.Count > 1 ? "part" : "programme", terms.Count, terms.States, tally.Search ?? SearchCounts.None,
            [.. tally.Findings.Select(raw => raw.Invariant).Distinct().Order(StringComparer.Ordinal)]);

    /// <summary>Those that nobody came to.</summary>
    public long Left => Asked - Counts.Programmes;

    /// <summary>The share that every interleaving is known of, or a violation.</summary>
    public double Share => (double)(Counts.Exhausted + Counts.Violated) / Asked;

    /// <summary>That two states of one search have one key, at most: n²/2^(bits+1) for each, and none has more than the largest.</summary>
    public double CollisionProbability => (double)Counts.States * Counts.MostStates * Math.Pow(2, -KeyBits - 1);

    /// <summary>How far it came: "of 40 programmes 3 violated (I06), 36 exhausted without a violation, 1 not searched: 97.5 % done".</summary>
    public string Sentence
    {
        get
        {
            string all = Counted(Asked, Thing);
            if (Counts.Exhausted == Asked) return $"every interleaving of {all}, and none violates anything";
            var parts = new List<string>();
            if (Counts.Violated > 0) parts.Add($"{Number(Counts.Violated)} violated ({string.Join(' ', Invariants)})");
            parts.Add($"{Number(Counts.Exhausted)} exhausted without a violation");
            if (Counts.Unfinished > 0) parts.Add($"{Number(Counts.Unfinished)} left at {Counted(StateLimit, "state")}");
            if (Left > 0) parts.Add($"{Number(Left)} not searched");
            return string.Create(CultureInfo.InvariantCulture, $"of {all} {string.Join(", ", parts)}: {Share * 100:0.0} % done");
        }
    }

    /// <summary>The same for a table: "36", or "**3** of 40: I06; 1 not finished".</summary>
    public string Short
    {
        get
        {
            var parts = new List<string>();
            if (Counts.Violated > 0) parts.Add($"**{Number(Counts.Violated)}** of {Number(Counts.Programmes)}: {string.Join(' ', Invariants)}");
            if (Counts.Unfinished + Left > 0) parts.Add($"{Number(Counts.Unfinished + Left)} not finished");
            return parts.Count == 0 ? Number(Counts.Exhausted) : string.Join("; ", parts);
        }
    }

    /// <summary>What is claimed, and what is not, a sentence each.</summary>
    public IReadOnlyList<string> Bounds(PlannedCell cell)
    {
        string design = cell.Policy.Name, model = cell.Policy.Policy.MemoryModel switch
        {
            MemoryModel.Sc => "one memory allows (MM=SC)",
            { } other => $"MM={other.ToString().ToUpperInvariant()} allows",
        };
        Arena[] arenas = cell.Workload is WrittenProgramme written ? [written.Arena] : [.. cell.Workload.Scope.Scenes.Select(s => s.Arena)];
        int device = arenas.Max(a => a.DevicePages);
        string pages = Range(arenas.Min(a => a.SystemPages), arenas.Max(a => a.SystemPages)), there = device == 0 ? "" : $" and at most {Number(device)} of device memory";
        return
        [
            $"{Sentence}; {Counted(Counts.States, "state")}, {Number(Counts.FinalStates)} of them final, {Counted(Counts.Transitions, "transition")}",
            Programmes(cell),
            $"accesses in every order that {model}, under {design}, on {pages} pages{there}; exact up to order {Number(arenas.Min(a => a.ExactOrder))}, where tails step singly, coarser above; endless waiting of an unfair schedule is not judged",
            string.Create(CultureInfo.InvariantCulture, $"two states of one {Thing} were taken for one with a probability of at most {CollisionProbability:0.0e-0} ({KeyBits}-bit keys)"),
        ];
    }

    private string Programmes(PlannedCell cell)
    {
        if (cell.Workload is not WrittenProgramme)
            return $"of the {Counted(cell.Workload.Scope.Count, "programme")} of the small scope of {cell.Workload.Id} ({cell.Workload.Scope.Digest}): {Number(Scene.Cpus)} CPUs have a turn of one or two calls each after a set-up, with few values of each argument";
        if (Asked == 1) return "this one programme";
        return $"the programme was taken apart after {Counted(cell.Cell.Search!.Depth, "step")}: a state that two schedules come to from there on can count twice";
    }

    private static string Range(int least, int most) => least == most ? Number(most) : $"{Number(least)} to {Number(most)}";
    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
    private static string Counted(long count, string thing) => $"{Number(count)} {thing}{(count == 1 ? "" : "s")}";
}
