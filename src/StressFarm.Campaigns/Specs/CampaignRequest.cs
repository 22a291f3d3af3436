namespace StressFarm.Campaigns.Specs;

/// <summary>What was asked for, in the user's words: options and the keys of a campaign file. Options win over the file.</summary>
public sealed class CampaignRequest
{
    /// <summary>The keys of a campaign file, in the order of the documentation.</summary>
    public static readonly IReadOnlyList<string> Keys =
        ["policies", "workloads", "programme", "strategy", "generation", "seed", "schedules", "steps", "for", "cpus", "pages", "set", "bug", "shard", "workers", "soak", "exhaust", "canaries"];

    public List<UserValue> Policies { get; init; } = [];
    public List<UserValue> Workloads { get; init; } = [];
    /// <summary>The text of a programme that is run in the place of workloads.</summary>
    public UserValue? Programme { get; set; }
    public UserValue? Strategy { get; set; }
    public UserValue? Generation { get; set; }
    public UserValue? Seed { get; set; }
    public UserValue? Schedules { get; set; }
    public UserValue? Steps { get; set; }
    public UserValue? For { get; set; }
    public UserValue? Cpus { get; set; }
    public UserValue? Pages { get; set; }
    public UserValue? Workers { get; set; }
    public UserValue? Bug { get; set; }
    public UserValue? Shard { get; set; }
    public UserValue? Canaries { get; set; }
    /// <summary>A soak is asked for: by the command, by the file, or by naming a part of one.</summary>
    public bool Soak { get => field || SoakSections is not null || SoakEpochs is not null || SoakSchedules is not null; set; }
    public UserValue? SoakSections { get; set; }
    public UserValue? SoakEpochs { get; set; }
    public UserValue? SoakSchedules { get; set; }
    /// <summary>Every interleaving is asked for: by the command, by the file, or by naming a part of that.</summary>
    public bool Exhaust { get => field || ExhaustStates is not null || ExhaustCount is not null || ExhaustParts is not null || ExhaustDepth is not null; set; }
    public UserValue? ExhaustStates { get; set; }
    public UserValue? ExhaustCount { get; set; }
    public UserValue? ExhaustParts { get; set; }
    public UserValue? ExhaustDepth { get; set; }
    /// <summary>"name=value", each.</summary>
    public List<UserValue> Set { get; init; } = [];

    /// <summary>This request where it says something, <paramref name="file"/> where it does not.</summary>
    public CampaignRequest Over(CampaignRequest file)
    {
        // One budget in place of another: "--steps" on the command line replaces "schedules" in the file.
        bool ownBudget = Schedules is not null || Steps is not null;
        var own = Set.Select(s => s.Text.Split('=')[0]).ToHashSet(StringComparer.Ordinal);
        return new CampaignRequest
        {
            Policies = Policies.Count > 0 ? Policies : file.Policies,
            // A programme in the place of the file's workloads, or the other way round.
            Workloads = Workloads.Count > 0 || Programme is not null ? Workloads : file.Workloads,
            Programme = Workloads.Count > 0 ? Programme : Programme ?? file.Programme,
            Strategy = Strategy ?? file.Strategy,
            Generation = Generation ?? file.Generation,
            Seed = Seed ?? file.Seed,
            Schedules = ownBudget ? Schedules : file.Schedules,
            Steps = ownBudget ? Steps : file.Steps,
            For = For ?? file.For,
            Cpus = Cpus ?? file.Cpus,
            Pages = Pages ?? file.Pages,
            Workers = Workers ?? file.Workers,
            Bug = Bug ?? file.Bug,
            Shard = Shard ?? file.Shard,
            Canaries = Canaries ?? file.Canaries,
            Soak = Soak || file.Soak,
            SoakSections = SoakSections ?? file.SoakSections,
            SoakEpochs = SoakEpochs ?? file.SoakEpochs,
            SoakSchedules = SoakSchedules ?? file.SoakSchedules,
            Exhaust = Exhaust || file.Exhaust,
            ExhaustStates = ExhaustStates ?? file.ExhaustStates,
            ExhaustCount = ExhaustCount ?? file.ExhaustCount,
            ExhaustParts = ExhaustParts ?? file.ExhaustParts,
            ExhaustDepth = ExhaustDepth ?? file.ExhaustDepth,
            Set = [.. file.Set.Where(s => !own.Contains(s.Text.Split('=')[0])), .. Set],
        };
    }
}
