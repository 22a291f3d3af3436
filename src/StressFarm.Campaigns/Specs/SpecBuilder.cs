using System.Globalization;
using System.Numerics;
using StressFarm.Exploration;
using StressFarm.Exploration.Feedback;
using StressFarm.Exploration.Schedules;

namespace StressFarm.Campaigns.Specs;

/// <summary>What a command does when nothing is said.</summary>
/// <param name="AllPolicies">all presets, or control alone</param>
/// <param name="Schedules">per cell, when no budget is given</param>
public sealed record SpecDefaults(bool AllPolicies, long Schedules);

/// <summary>A campaign and what limits this run of it.</summary>
/// <param name="Budget">time after which no further shard is begun, or null</param>
/// <param name="Workers">threads</param>
public sealed record CampaignOrder(CampaignSpec Spec, TimeSpan? Budget, int Workers);

/// <summary>From the user's words to a spec. Everything wrong with them is one line that names the option or the file's key.</summary>
public static class SpecBuilder
{
    public const int MaxWorkers = 256;
    public const int MaxNameLength = 200;
    public const string CanaryDrill = "drill";

    public static CampaignOrder Build(CampaignRequest request, SpecDefaults defaults)
    {
        if (request is { Schedules: { } n, Steps: not null }) throw n.Wrong("contradicts a budget in steps; give one of them");
        ExhaustBudget? exhaust = request.Exhaust ? ExhaustCheck.Read(request) : null;
        SoakBudget? soak = request.Soak ? Soak(request) : null;
        KnownBug? bug = request.Bug is { } b ? Bug(b) : null;
        (Geometry geometry, SortedDictionary<string, int> parameters) = Shape(request);
        long? schedules = request.Schedules is { } s ? Quantities.Whole(s, 1, CampaignSpec.MaxSchedules) : null;
        long? steps = request.Steps is { } t ? Quantities.Whole(t, 1, CampaignSpec.MaxSteps) : null;
        TimeSpan? budget = request.For is { } f ? Quantities.Duration(f) : null;
        if (soak is { Epochs: null } && budget is null) soak = soak with { Epochs = SoakBudget.DefaultEpochs };
        if (soak is null && exhaust is null && schedules is null && steps is null && budget is null) schedules = defaults.Schedules;
        var spec = new CampaignSpec
        {
            Policies = Policies(request, defaults, bug),
            Workloads = Workloads(request, bug),
            Strategy = exhaust is not null ? SearchTerms.StrategyId : request.Strategy is { } strategy ? Strategy(strategy) : CampaignSpec.DefaultStrategy,
            FirstSeed = request.Seed is { } seed ? Quantities.Seed(seed) : CampaignSpec.DefaultSeed,
            Soak = soak,
            Exhaust = exhaust,
            Schedules = schedules,
            Steps = steps,
            Geometry = geometry,
            Parameters = parameters,
            Bug = bug?.Id,
            ShardSchedules = request.Shard is { } shard ? (int)Quantities.Whole(shard, 1, CampaignSpec.MaxShardSchedules) : ShardOf(request),
            CanaryDrill = request.Canaries is { } canaries && IsDrill(canaries),
        };
        if (soak is not null && spec.Strategy == FeedbackPortfolio.StrategyId)
            throw request.Strategy!.Wrong($"a soak goes by epochs, and {FeedbackPortfolio.StrategyId} by generations; take another strategy");
        if (request.Generation is { } generation) spec = spec with { GenerationShards = Generation(generation, spec) };
        ulong last = spec.FirstSeed + (ulong)(schedules ?? 0) + (ulong)spec.ShardSchedules;
        if (last < spec.FirstSeed) throw request.Seed!.Wrong("leaves too few seeds up to 2^64 for the schedules");
        if (soak is not null) CheckSoak(request, spec);
        if (exhaust is not null) ExhaustCheck.Scopes(request, spec);
        if (spec.Programme is { } programme) CheckProgramme(request, spec, programme);
        else ShapeCheck.Parameters(spec, request.Set);
        int workers = request.Workers is { } w ? (int)Quantities.Whole(w, 1, MaxWorkers) : Math.Min(Environment.ProcessorCount, MaxWorkers);
        return new(spec, budget, workers);
    }

    /// <summary>Of a shard when nobody says: schedules, programmes of a scope, or parts of one programme.</summary>
    private static int ShardOf(CampaignRequest request) =>
        !request.Exhaust ? CampaignSpec.DefaultShardSchedules : request.Programme is null ? ExhaustBudget.DefaultShardProgrammes : 1;

    private static SoakBudget Soak(CampaignRequest request)
    {
        if ((request.Schedules ?? request.Steps ?? request.Shard) is { } budget) throw budget.Wrong("contradicts a soak, which goes by epochs or time");
        return new(
            request.SoakSections is { } s ? (int)Quantities.Whole(s, 1, SoakBudget.MaxSections) : SoakBudget.DefaultSections,
            request.SoakEpochs is { } e ? Quantities.Whole(e, 1, SoakBudget.MaxEpochs) : null,
            request.SoakSchedules is { } n ? (int)Quantities.Whole(n, 1, SoakBudget.MaxSchedules) : SoakBudget.DefaultSchedules);
    }

    private static void CheckProgramme(CampaignRequest request, CampaignSpec spec, WrittenProgramme programme)
    {
        if (request.Workloads.Count != 0) throw request.Workloads[0].Wrong("contradicts a programme; give one of them");
        if (request.Set.Count != 0) throw request.Set[0].Wrong("a programme draws no parameters; write its arena and its calls otherwise");
        if (request.Soak) throw request.Programme!.Wrong("a soak draws its programmes; run this one without it");
        if (programme.Fits(spec.Exhaust is null ? spec.Geometry : ExhaustBudget.GeometryOf(programme))) return;
        bool cpus = programme.Arena.Cpus > spec.Geometry.MaxCpus;
        throw ((cpus ? request.Cpus : request.Pages) ?? request.Programme!).Wrong(string.Create(CultureInfo.InvariantCulture,
            $"the programme '{programme.Id}' does not fit into the machine: it has {programme.Arena.Cpus} CPUs, {programme.Arena.SystemPages} system pages and {programme.Arena.DevicePages} device pages"));
    }

    private static void CheckSoak(CampaignRequest request, CampaignSpec spec)
    {
        long cells = (long)spec.Policies.Count * spec.Workloads.Count * spec.Soak!.Sections;
        if (cells > SoakBudget.MaxCells) throw request.SoakSections!.Wrong($"makes {cells} sections in all; at most {SoakBudget.MaxCells} are allowed");
        if (spec.FirstSeed > SoakBudget.MaxSeed) throw request.Seed!.Wrong("leaves too few seeds for a soak: it takes 0 to 2^63");
        if (request.Set.FirstOrDefault(s => s.Text.Split('=')[0].Trim() == "order-9") is { } huge) throw huge.Wrong("a soak fixes order-9 to 0");
    }

    private static KnownBug Bug(UserValue given) => Catalog<KnownBug>.Find(given.Text)
        ?? throw given.Wrong($"unknown bug {given.Shown}; there are {Listed(Catalog<KnownBug>.Ids)}");

    private static string Strategy(UserValue given) => Catalog<Strategy>.Find(given.Text)?.Id
        ?? throw given.Wrong($"unknown strategy {given.Shown}; there are {Listed(Catalog<Strategy>.Ids)}");

    /// <summary>There is no third value: a campaign without canaries could not be told from one whose detector is blind.</summary>
    private static bool IsDrill(UserValue given) => given.Text switch
    {
        "on" => false,
        CanaryDrill => true,
        _ => throw given.Wrong($"unknown value {given.Shown}; there are on, {CanaryDrill}"),
    };

    private static int Generation(UserValue given, CampaignSpec spec) => spec.HasGenerations
        ? (int)Quantities.Whole(given, 1, CampaignSpec.MaxGenerationShards)
        : throw given.Wrong($"only the strategy {FeedbackPortfolio.StrategyId} has generations, and the strategy is {spec.Strategy}");

    private static List<PolicyChoice> Policies(CampaignRequest request, SpecDefaults defaults, KnownBug? bug)
    {
        var choices = new List<PolicyChoice>();
        if (request.Policies.Count == 0)
        {
            // A bug is planted in control, whatever the command's default is.
            if (defaults.AllPolicies && bug is null) choices.AddRange(Presets.Standard.Select(p => PolicyChoice.Of(p.Policy)));
            else choices.Add(PolicyChoice.Of(Policy.Control, bug));
        }
        foreach (UserValue given in request.Policies)
        {
            if (given.Text.Equals("all", StringComparison.OrdinalIgnoreCase) && request.Policies.Count == 1)
            {
                choices.AddRange(Presets.All.Select(p => PolicyChoice.Of(Planted(given, p.Policy, bug), bug)));
                continue;
            }
            if (given.Text.Length > MaxNameLength) throw given.Wrong($"unknown policy {given.Shown}: it is too long to be one");
            Policy policy = Policy.TryParse(given.Text, out string error) ?? throw given.Wrong(error);
            PolicyChoice choice = PolicyChoice.Of(Planted(given, policy, bug), bug);
            if (choices.Find(c => c.Policy == choice.Policy) is { } same) throw given.Wrong($"the design '{same.Name}' is given twice");
            choices.Add(choice);
        }
        choices.Sort(PolicyChoice.Compare);
        return choices;
    }

    /// <summary>Refuses a bug that needs another value of a dimension than the one that was asked for.</summary>
    private static Policy Planted(UserValue given, Policy policy, KnownBug? bug)
    {
        if (bug is null) return policy;
        Policy planted = bug.Plant(policy);
        foreach (Dimension d in Dimension.Order)
        {
            int asked = d.Get(policy), needed = d.Get(planted);
            bool named = asked != d.Get(Policy.Control) || given.Text.Contains(d.Id + "=", StringComparison.OrdinalIgnoreCase);
            if (asked != needed && named)
                throw given.Wrong($"contradicts the bug {bug.Id}, which needs {d.Id}={d.Values[needed].Name}");
        }
        return policy;
    }

    /// <summary>The workloads when none is named: the bug's own, what a section that goes on is lived through with, or those of compare.</summary>
    internal static IReadOnlyList<Workload> DefaultWorkloads(bool soak, KnownBug? bug)
    {
        if (bug is null && !soak) return [.. Catalog<Workload>.All.Where(w => w.Standard)];
        string id = bug?.Workload ?? SoakBudget.DefaultWorkload;
        return [Catalog<Workload>.Find(id) ?? throw new CampaignFault($"the workload '{id}' of {bug?.Id ?? "soaks"} does not exist")];
    }

    private static IReadOnlyList<Workload> Workloads(CampaignRequest request, KnownBug? bug)
    {
        if (request.Programme is { } programme) return [ProgrammeFile.Parse(programme.Text, programme.Origin)];
        if (request.Workloads.Count == 0) return DefaultWorkloads(request.Soak, bug);
        var found = new SortedDictionary<string, Workload>(StringComparer.Ordinal);
        foreach (UserValue given in request.Workloads)
        {
            if (given.Text.Equals("all", StringComparison.OrdinalIgnoreCase) && request.Workloads.Count == 1) return [.. Catalog<Workload>.All];
            Workload workload = Catalog<Workload>.Find(given.Text)
                ?? throw given.Wrong($"unknown workload {given.Shown}; there are {Listed(Catalog<Workload>.Ids)}");
            if (!found.TryAdd(workload.Id, workload)) throw given.Wrong($"the workload '{workload.Id}' is given twice");
        }
        return [.. found.Values];
    }

    private static (Geometry, SortedDictionary<string, int>) Shape(CampaignRequest request)
    {
        var standard = new Geometry();
        int pages = request.Pages is { } p ? (int)Quantities.Whole(p, Geometry.MinPages, Geometry.MaxPages) : standard.Pages;
        if (!BitOperations.IsPow2(pages)) throw request.Pages!.Wrong($"{request.Pages.Shown} is not a power of two");
        int cpus = request.Cpus is { } c ? (int)Quantities.Whole(c, 1, Geometry.CpuLimit) : standard.MaxCpus;
        var parameters = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (UserValue given in request.Set)
        {
            int equals = given.Text.IndexOf('=');
            if (equals <= 0 || given.Text.Length > MaxNameLength) throw given.Wrong($"{given.Shown} is not of the form name=value");
            string name = given.Text[..equals].Trim();
            int value = (int)Quantities.Whole(given with { Text = given.Text[(equals + 1)..].Trim() }, -1_000_000, 1_000_000);
            if (!parameters.TryAdd(name, value)) throw given.Wrong($"the parameter '{name}' is given twice");
        }
        if (request.Cpus is not null && request.Programme is null && !parameters.TryAdd("cpus", cpus) && parameters["cpus"] != cpus)
            throw request.Cpus.Wrong(string.Create(CultureInfo.InvariantCulture, $"contradicts cpus={parameters["cpus"]}"));
        return (new Geometry(pages, cpus), parameters);
    }

    private static string Listed(IEnumerable<string> ids)
    {
        string all = string.Join(", ", ids);
        return all.Length == 0 ? "none" : all;
    }
}
