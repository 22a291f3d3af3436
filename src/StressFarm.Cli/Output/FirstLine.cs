using System.Globalization;
using StressFarm.Campaigns;
using StressFarm.Simulation;

namespace StressFarm.Cli.Output;

/// <summary>The first line of a run: all that identifies it.</summary>
internal static class FirstLine
{
    public static string Of(string verb, CampaignOrder order)
    {
        CampaignSpec spec = order.Spec;
        var limits = new List<string>();
        if (spec.Schedules is { } n) limits.Add(string.Create(CultureInfo.InvariantCulture, $"{n} schedules per cell"));
        if (spec.Steps is { } s) limits.Add(string.Create(CultureInfo.InvariantCulture, $"{s} steps"));
        if (order.Budget is { } time) limits.Add($"for {Numbers.Duration(time)}");
        string set = string.Concat(spec.Parameters.Select(p => string.Create(CultureInfo.InvariantCulture, $" {p.Key}={p.Value}")));
        return string.Create(CultureInfo.InvariantCulture,
            $"stressfarm {BuildInfo.Build} | model {ModelVersion.Current} | {verb} | policies {string.Join(' ', spec.Policies.Select(p => p.Name))} | workloads {string.Join(' ', spec.Workloads.Select(w => w.Id))} | strategy {spec.Strategy} | seed {spec.FirstSeed} | {string.Join(", ", limits)} | {spec.Geometry.Pages} pages, at most {spec.Geometry.MaxCpus} CPUs{set} | spec {spec.Hash[..12]}");
    }
}
