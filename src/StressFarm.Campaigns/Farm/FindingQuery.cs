using StressFarm.Campaigns.Metrics;

namespace StressFarm.Campaigns.Farm;

/// <summary>Which findings are asked for, by the labels that metrics give them; null for all.</summary>
/// <param name="Policy">a preset's name, or custom</param>
/// <param name="Invariant">its parts included: I12 takes I12b</param>
public sealed record FindingQuery(string? Policy, string? Workload, string? Invariant)
{
    /// <summary>How many of the newest campaigns are looked at when nobody says, and at most.</summary>
    public const int UsualCampaigns = 20, MostCampaigns = 200;
    private const string Custom = "custom";

    public static FindingQuery All { get; } = new(null, null, null);

    /// <summary>The labels there are: another one would read as "no such finding".</summary>
    /// <exception cref="SpecException">one line with the labels there are; what was given is not repeated</exception>
    public void Check()
    {
        Known(Policy, "policy", [.. Presets.All.Select(p => p.Id), Custom]);
        Known(Workload, "workload", [.. Catalog<Workload>.Ids, WrittenProgramme.DefaultName]);
        Known(Invariant, "invariant", [.. Catalog<Invariant>.Ids.Concat(Catalog<Invariant>.Ids.Select(WorkInstruments.InvariantLabel)).Distinct().Order(StringComparer.Ordinal)]);
    }

    public bool Takes(string policy, string workload, string invariant) =>
        Same(Policy, Presets.Find(policy)?.Id ?? Custom) && Same(Workload, WrittenProgramme.LabelOf(workload))
        && (Same(Invariant, invariant) || Same(Invariant, WorkInstruments.InvariantLabel(invariant)));

    private static void Known(string? given, string name, string[] labels)
    {
        if (given is null || labels.Contains(given, StringComparer.OrdinalIgnoreCase)) return;
        string all = string.Join(", ", labels);
        throw new SpecException(given.Equals(LabelledCounter.Other, StringComparison.OrdinalIgnoreCase)
            ? $"{name}: {LabelledCounter.Other} is what a metric has no room to tell apart, and nothing is found by it; leave it out or give one of {all}"
            : $"unknown {name}; there are {all}");
    }

    private static bool Same(string? wanted, string label) => wanted is null || wanted.Equals(label, StringComparison.OrdinalIgnoreCase);
}
