using System.Globalization;
using StressFarm.Campaigns.Tallies;

namespace StressFarm.Campaigns.Reports;

/// <summary>What a campaign says about one cell.</summary>
public enum Verdict : byte
{
    Violated,
    /// <summary>Nothing violated in all the schedules asked for, within the bound that is stated.</summary>
    Clean,
    /// <summary>The budget ended before, or every schedule was cut short.</summary>
    Inconclusive,
    /// <summary>Every interleaving of every programme was run, and none violates anything.</summary>
    Exhausted,
}

/// <summary>Reaches verdicts.</summary>
public static class Verdicts
{
    /// <summary>The verdict on a cell.</summary>
    /// <param name="asked">schedules or programmes the spec asks for; null when steps or time decide</param>
    public static Verdict Of(CellTally tally, long? asked)
    {
        if (tally.Violated > 0) return Verdict.Violated;
        long judged = tally.Schedules - tally.Cut;
        if (tally.Search is { } search) return search.Exhausted == asked ? Verdict.Exhausted : Verdict.Inconclusive;
        if (judged <= 0 || tally.Schedules < asked) return Verdict.Inconclusive;
        return Verdict.Clean;
    }

    /// <summary>
    /// The 95 % upper bound on the share of schedules that violate when none of n independent ones did: 1 - 0.05^(1/n), which
    /// is just under 3/n (Hanley and Lippman-Hand 1983).
    /// </summary>
    public static double RuleOfThree(long schedules) => schedules <= 0 ? 1 : Math.Min(1, 3.0 / schedules);

    /// <summary>What is known about a cell in which nothing was violated; cut schedules count as neither.</summary>
    public static IReadOnlyList<string> Bounds(CellTally tally)
    {
        var lines = new List<string>();
        long judged = tally.Schedules - tally.Cut;
        lines.Add(string.Create(CultureInfo.InvariantCulture, $"{judged} schedule{(judged == 1 ? "" : "s")} without a violation{(tally.Cut > 0 ? $", {tally.Cut} cut short and not counted" : "")}"));
        foreach (var arm in tally.Arms.Where(a => a.Strategy == "random" && a.Schedules > a.Cut))
            lines.Add(string.Create(CultureInfo.InvariantCulture,
                $"random: a schedule violates with probability below 3/{arm.Schedules - arm.Cut} = {RuleOfThree(arm.Schedules - arm.Cut):0.0e-0} (95 %)"));
        if (tally.Pct is { } pct)
            foreach (var arm in tally.Arms.Where(a => a.Strategy == "pct" && a.Schedules > a.Cut))
                lines.Add(string.Create(CultureInfo.InvariantCulture,
                    $"pct: a bug of depth {pct.Depth} in reach of each of {arm.Schedules - arm.Cut} schedule{(arm.Schedules - arm.Cut == 1 ? "" : "s")} is found with p >= {pct.Of(arm.Schedules - arm.Cut):0.0e-0} (n={pct.Cpus} CPUs, k={pct.Steps} steps, d={pct.Depth})"));
        return lines;
    }

    /// <summary>
    /// What is known about a section in which nothing was violated. Its schedules begin on what the former ones left, so they are
    /// not independent: there is no bound like that of an ordinary campaign.
    /// </summary>
    public static IReadOnlyList<string> SoakBounds(CellTally tally)
    {
        long judged = tally.Schedules - tally.Cut;
        return
        [
            string.Create(CultureInfo.InvariantCulture, $"{tally.Epochs} epoch{(tally.Epochs == 1 ? "" : "s")}, {judged} schedule{(judged == 1 ? "" : "s")} without a violation{(tally.Cut > 0 ? $", {tally.Cut} cut short and not counted" : "")}"),
            "schedules on one section that goes on are not independent: no bound on how often one violates",
        ];
    }

    public static string Name(Verdict verdict) => verdict switch
    {
        Verdict.Violated => "violated",
        Verdict.Clean => "clean",
        Verdict.Exhausted => "exhausted",
        _ => "inconclusive",
    };
}
