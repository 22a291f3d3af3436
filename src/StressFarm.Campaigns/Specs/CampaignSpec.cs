using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using StressFarm.Exploration.Feedback;

namespace StressFarm.Campaigns.Specs;

/// <summary>
/// What a campaign is, in full: its report is a pure function of this and the model version. How long it may take, how many
/// workers run it and where its results lie are not part of it.
/// </summary>
public sealed record CampaignSpec
{
    /// <summary>Schedules of a shard: enough that handing shards out and recording them costs nothing beside running them.</summary>
    public const int DefaultShardSchedules = 1024;
    public const int MaxShardSchedules = 1 << 20;
    /// <summary>Shards of a cell that make a generation of the strategy feedback: enough to keep every worker busy while the last one ends.</summary>
    public const int DefaultGenerationShards = 16;
    public const int MaxGenerationShards = 4096;
    public const string DefaultStrategy = "portfolio";
    public const ulong DefaultSeed = 1;
    public const long MaxSchedules = 1_000_000_000_000;
    public const long MaxSteps = 1_000_000_000_000_000;

    /// <summary>Sorted: presets in their order, then the others by name.</summary>
    public required IReadOnlyList<PolicyChoice> Policies { get; init; }
    /// <summary>Sorted by id; or one programme that was written.</summary>
    public required IReadOnlyList<Workload> Workloads { get; init; }
    /// <summary>The programme that is run in the place of workloads; null where there are workloads.</summary>
    public WrittenProgramme? Programme => Workloads is [WrittenProgramme written] ? written : null;
    public string Strategy { get; init; } = DefaultStrategy;
    public ulong FirstSeed { get; init; } = DefaultSeed;
    /// <summary>Sections that go on, instead of schedules that each begin on pristine memory; null for an ordinary campaign.</summary>
    public SoakBudget? Soak { get; init; }
    /// <summary>Programmes that are run in every interleaving, instead of schedules that are drawn; null for an ordinary campaign.</summary>
    public ExhaustBudget? Exhaust { get; init; }
    /// <summary>Schedules per cell; null when steps, epochs or time decide.</summary>
    public long? Schedules { get; init; }
    /// <summary>Steps of the whole campaign: whole shards in order until the sum is reached.</summary>
    public long? Steps { get; init; }
    public Geometry Geometry { get; init; } = new();
    /// <summary>Shape parameters that are fixed; the others are drawn from the seed.</summary>
    public IReadOnlyDictionary<string, int> Parameters { get; init; } = new Dictionary<string, int>();
    /// <summary>The known bug planted in every design, or null.</summary>
    public string? Bug { get; init; }
    public int ShardSchedules { get; init; } = DefaultShardSchedules;
    /// <summary>A fire drill: nothing is planted where canaries are, so that each must be missed.</summary>
    public bool CanaryDrill { get; init; }
    /// <summary>Shards of a cell in a generation; means something only when <see cref="HasGenerations"/>.</summary>
    public int GenerationShards { get; init; } = DefaultGenerationShards;
    /// <summary>What a shard runs depends on what earlier generations found.</summary>
    public bool HasGenerations => Strategy == FeedbackPortfolio.StrategyId && Soak is null;

    /// <summary>The text that identifies the campaign, the same on every machine. Two specs are the same when theirs is.</summary>
    public string Canonical
    {
        get
        {
            var text = new StringBuilder();
            Line(text, "model", ModelVersion.Current);
            foreach (PolicyChoice p in Policies)
                Line(text, "policy", string.Create(CultureInfo.InvariantCulture, $"{p.Name} = {p.Policy} bugs={(ulong)p.Policy.Deviations:x}"));
            if (Programme is { } written)
                foreach (string line in written.Canonical.Split('\n', StringSplitOptions.RemoveEmptyEntries)) Line(text, "programme", line);
            else
                foreach (Workload w in Workloads) Line(text, "workload", w.Id);
            Line(text, "strategy", Strategy);
            Line(text, "seed", Number(FirstSeed));
            Line(text, "schedules", Schedules is { } n ? Number((ulong)n) : "any");
            Line(text, "steps", Steps is { } s ? Number((ulong)s) : "any");
            Line(text, "pages", Number((ulong)Geometry.Pages));
            Line(text, "cpus", Number((ulong)Geometry.MaxCpus));
            foreach (var (name, value) in Parameters.OrderBy(p => p.Key, StringComparer.Ordinal))
                Line(text, "set", string.Create(CultureInfo.InvariantCulture, $"{name}={value}"));
            Line(text, "bug", Bug ?? "none");
            Line(text, "shard", Number((ulong)ShardSchedules));
            if (Soak is { } soak)
                Line(text, "soak", string.Create(CultureInfo.InvariantCulture, $"sections={soak.Sections} epochs={(soak.Epochs is { } e ? Number((ulong)e) : "any")} schedules={soak.Schedules}"));
            if (Exhaust is { } exhaust)
            {
                Line(text, "exhaust", exhaust.Text(Programme is not null));
                // A scope that is another one makes another campaign: a number would stand for another programme.
                foreach (Workload w in Workloads.Where(w => w is not WrittenProgramme))
                    Line(text, "scope", string.Create(CultureInfo.InvariantCulture, $"{w.Id} {w.Scope.Count} {w.Scope.Digest}"));
            }
            if (HasGenerations) Line(text, "generation", Number((ulong)GenerationShards));
            if (CanaryDrill) Line(text, "canaries", SpecBuilder.CanaryDrill);
            return text.ToString();
        }
    }

    /// <summary>SHA-256 of <see cref="Canonical"/>.</summary>
    public string Hash => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Canonical)));

    private static void Line(StringBuilder text, string key, string value) => text.Append(key).Append(": ").Append(value).Append('\n');
    private static string Number(ulong value) => value.ToString(CultureInfo.InvariantCulture);
}
