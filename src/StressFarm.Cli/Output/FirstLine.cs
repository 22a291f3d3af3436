using System.Globalization;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Specs;

namespace StressFarm.Cli.Output;

/// <summary>The first line of a run: all that identifies it.</summary>
internal static class FirstLine
{
    /// <summary>The most CPUs that a shape is given when their number is not fixed.</summary>
    private const int MostDrawn = 4;

    public static string Of(string verb, CampaignOrder order)
    {
        CampaignSpec spec = order.Spec;
        var limits = new List<string>();
        if (spec.Schedules is { } n) limits.Add($"{Counted(n, "schedule")} per cell");
        if (spec.Soak is { } soak)
            limits.Add($"{Counted(soak.Sections, "section")} per cell, {(soak.Epochs is { } e ? Counted(e, "epoch") : "epochs")} of {Counted(soak.Schedules, "schedule")}");
        if (spec.Steps is { } s) limits.Add(Counted(s, "step"));
        if (spec.Exhaust is { } exhaust) limits.AddRange(Searches(spec, exhaust));
        if (order.Budget is { } time) limits.Add($"for {Numbers.Duration(time)}");
        string cpus = spec.Programme is { } programme ? Counted(programme.Arena.Cpus, "CPU") : spec.Parameters.TryGetValue("cpus", out int given)
            ? string.Create(CultureInfo.InvariantCulture, $"{given} CPU{(given == 1 ? "" : "s")}")
            : string.Create(CultureInfo.InvariantCulture, $"1 to {Math.Min(MostDrawn, spec.Geometry.MaxCpus)} CPUs drawn");
        string set = string.Concat(spec.Parameters.Where(p => p.Key != "cpus").Select(p => string.Create(CultureInfo.InvariantCulture, $" {p.Key}={p.Value}")));
        // Where every interleaving is run there is no seed, and each programme has a machine of its own size.
        (string drawn, string machine) = spec.Exhaust is not null ? ("every interleaving | ", "")
            : (string.Create(CultureInfo.InvariantCulture, $"strategy {spec.Strategy} | seed {spec.FirstSeed} | "), string.Create(CultureInfo.InvariantCulture, $" | {spec.Geometry.Pages} pages, {cpus}{set}"));
        return string.Create(CultureInfo.InvariantCulture,
            $"stressfarm {BuildInfo.Build} | model {ModelVersion.Current} | {verb} | policies {string.Join(' ', spec.Policies.Select(p => p.Name))} | {(spec.Programme is null ? "workloads" : "programme")} {string.Join(' ', spec.Workloads.Select(w => w.Id))} | {drawn}{string.Join(", ", limits)}{machine}{(spec.CanaryDrill ? " | canary drill" : "")} | spec {spec.Hash[..12]}");
    }

    private static IEnumerable<string> Searches(CampaignSpec spec, ExhaustBudget exhaust)
    {
        if (spec.Programme is null) yield return $"{Counted(spec.Workloads.Sum(w => (long)exhaust.TermsOf(w).Count), "programme")} per design";
        else if (exhaust.Parts > 1) yield return $"{Counted(exhaust.Parts, "part")} after {Counted(exhaust.Depth, "step")}";
        yield return $"at most {Counted(exhaust.States, "state")} each";
    }

    private static string Counted(long count, string thing) => string.Create(CultureInfo.InvariantCulture, $"{count} {thing}{(count == 1 ? "" : "s")}");
}
