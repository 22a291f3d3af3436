using System.Globalization;
using StressFarm.Campaigns;
using StressFarm.Exploration.Evidence;
using StressFarm.Exploration.Trials;

namespace StressFarm.Cli.Output;

/// <summary>A trial for a terminal.</summary>
internal sealed class TrialText : ITrialText
{
    public void Write(TextWriter output, IReadOnlyList<TrialResult> results, int seeds, long budget)
    {
        output.WriteLine($"stressfarm {BuildInfo.Build} | model {ModelVersion.Current} | trial | {Numbers.Of(seeds, "first seed")}, at most {Numbers.Short(budget)} steps each");
        output.WriteLine($"{"bug",-6}{"strategy",-11}{"caught",-9}{"schedules: median, range",-32}{"steps: median, range",-32}by");
        foreach (TrialResult result in results)
        {
            foreach (BugTrialRow row in result.Rows)
                output.WriteLine($"{result.Bug.Id,-6}{row.Strategy,-11}{$"{row.Found.Count()}/{seeds}",-9}{TrialNumbers.Of(row, s => s.Schedules),-32}{TrialNumbers.Of(row, s => s.Steps),-32}{string.Join(' ', row.Invariants)}");
            if (result.Bug.IsFalseAlarm) output.WriteLine($"{"",-6}a false alarm of the kernel's own: no invariant may fire");
            if (result.Shortest is not { } f) continue;
            output.WriteLine($"{"",-6}shortest: {TrialNumbers.Length(f)}, seed {f.Seed}");
            output.WriteLine($"{"",-6}{f.Severity}; a debug kernel says {f.KernelSays ?? "nothing"}; a production kernel {result.Production?.KernelSays ?? "nothing"}");
        }
    }

    public void Write(TextWriter output, IReadOnlyList<MutantRow> rows, long budget)
    {
        output.WriteLine($"stressfarm {BuildInfo.Build} | model {ModelVersion.Current} | trial of mutants | at most {Numbers.Short(budget)} steps a workload");
        foreach (MutantRow row in rows)
            output.WriteLine($"{row.Step,-20}{TrialNumbers.Name(row.Fate),-12}{row.Invariant,-6}{row.Workload,-24}{row.Step.Source()}");
        output.WriteLine(TrialNumbers.Score(rows));
    }
}

/// <summary>A trial for a page of the documentation.</summary>
internal sealed class TrialMarkdown : ITrialText
{
    public void Write(TextWriter output, IReadOnlyList<TrialResult> results, int seeds, long budget)
    {
        output.WriteLine($"Model {ModelVersion.Current}, {seeds} first seeds, at most {Numbers.Short(budget)} steps each. Each entry: caught from so many seeds; schedules, steps: median (range).");
        output.WriteLine();
        output.WriteLine("| bug | workload | caught by | severity; a debug kernel, a production kernel say | shortest schedule | random | pct | pos | portfolio |");
        output.WriteLine("|---|---|---|---|---|---|---|---|---|");
        foreach (TrialResult r in results)
            output.WriteLine($"| {r.Bug.Id} | {r.Bug.Workload} | {string.Join(", ", r.Rows.SelectMany(row => row.Invariants).Distinct().Order(StringComparer.Ordinal))} | {Said(r)} | {(r.Bug.IsFalseAlarm ? "must stay silent" : r.Shortest is { } f ? TrialNumbers.Length(f) : "")} | {string.Join(" | ", r.Rows.Select(row => Entry(row, seeds)))} |");
    }

    public void Write(TextWriter output, IReadOnlyList<MutantRow> rows, long budget)
    {
        output.WriteLine($"Model {ModelVersion.Current}, at most {Numbers.Short(budget)} steps a workload. {TrialNumbers.Score(rows)}");
        foreach (MutantFate fate in (MutantFate[])[MutantFate.Survived, MutantFate.Threw, MutantFate.NoEffect, MutantFate.Killed])
        {
            MutantRow[] those = [.. rows.Where(r => r.Fate == fate)];
            if (those.Length == 0) continue;
            output.WriteLine();
            output.WriteLine($"## {TrialNumbers.Title(fate)}");
            output.WriteLine();
            output.WriteLine(fate == MutantFate.Killed ? "| step | where | killed by | in |" : "| step | where |");
            output.WriteLine(fate == MutantFate.Killed ? "|---|---|---|---|" : "|---|---|");
            foreach (MutantRow r in those) output.WriteLine($"| {r.Step} | {r.Step.Source()} |{(fate == MutantFate.Killed ? $" {r.Invariant} | {r.Workload} |" : "")}");
        }
    }

    /// <summary>What is said up to the violation, in the operation that it is noticed in.</summary>
    private static string Said(TrialResult r) => r.Shortest is { } f
        ? $"{f.Severity}; {Quoted(f.KernelSays)}, {Quoted(r.Production?.KernelSays)}" : "";

    private static string Quoted(string? said) => said is null ? "nothing" : $"`{said.Replace("|", "\\|", StringComparison.Ordinal)}`";

    private static string Entry(BugTrialRow row, int seeds) => row.Found.Any()
        ? $"{row.Found.Count()}/{seeds}; {TrialNumbers.Of(row, s => s.Schedules)}; {TrialNumbers.Of(row, s => s.Steps)}" : $"0/{seeds}";
}

/// <summary>Numbers of a trial as they are printed.</summary>
internal static class TrialNumbers
{
    public static string Of(BugTrialRow row, Func<BugSighting, long> of) =>
        row.Range(of) is var (low, median, high) && row.Found.Any() ? $"{Numbers.Short(median)} ({Numbers.Short(low)}–{Numbers.Short(high)})" : "";

    public static string Name(MutantFate fate) => fate switch
    {
        MutantFate.Killed => "killed",
        MutantFate.Threw => "threw",
        MutantFate.Survived => "survived",
        _ => "no effect",
    };

    public static string Title(MutantFate fate) => fate switch
    {
        MutantFate.Killed => "Killed",
        MutantFate.Threw => "Stopped by an exception, before any invariant",
        MutantFate.Survived => "Survivors",
        _ => "Without effect",
    };

    /// <summary>Killed by an invariant, of those that had an effect.</summary>
    public static string Score(IReadOnlyList<MutantRow> rows)
    {
        int killed = rows.Count(r => r.Fate == MutantFate.Killed), effective = rows.Count(r => r.Fate != MutantFate.NoEffect);
        return string.Create(CultureInfo.InvariantCulture,
            $"{killed} of {effective} mutants killed by an invariant ({(effective == 0 ? 0 : 100.0 * killed / effective):0.0} %), {rows.Count(r => r.Fate == MutantFate.Survived)} survived, {rows.Count(r => r.Fate == MutantFate.Threw)} threw; {rows.Count - effective} without effect");
    }

    public static string Length(Finding f) => $"{Numbers.Of(f.Length, "step")}, {Numbers.Grouped(f.Switches)} switch{(f.Switches == 1 ? "" : "es")}";
}
