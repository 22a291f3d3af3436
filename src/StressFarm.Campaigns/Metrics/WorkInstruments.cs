using System.Diagnostics.Metrics;
using StressFarm.Campaigns.Leases;
using StressFarm.Campaigns.Plans;
using StressFarm.Exploration.Evidence;
using StressFarm.Exploration.Feedback;
using StressFarm.Exploration.Records;
using StressFarm.Exploration.Schedules;

namespace StressFarm.Campaigns.Metrics;

/// <summary>What was explored and what it showed. Told once a shard, when its campaign has accepted it.</summary>
public sealed class WorkInstruments
{
    public static readonly IReadOnlyList<string> Kinds = ["explore", "verify", "work-up"], Fates = ["accepted", "same", "mismatch", "refused"];
    /// <summary>What draws schedules; a portfolio leaves that to its arms.</summary>
    public static readonly IReadOnlyList<string> Arms =
        [.. Catalog<Strategy>.All.Where(s => s.Arm == s.Id).Select(s => s.Id).Union(FeedbackPortfolio.ArmIds).Order(StringComparer.Ordinal)];
    /// <summary>What comes of the search of a programme.</summary>
    private static readonly string[] s_verdicts = ["exhausted", "violated", "inconclusive"];
    private static readonly string[] s_searched = [.. Catalog<Workload>.Ids, WrittenProgramme.DefaultName];

    private readonly LabelledCounter _schedules, _steps, _violated, _violations, _workloadViolations, _searched;
    private readonly ClosedCounter _states, _transitions, _armSchedules, _armSteps, _armViolations, _findings, _results, _epochs, _firstViolations, _firstViolationTime;
    private readonly Histogram<double> _shardDuration;
    private readonly TimeProvider _clock;
    private long _lastViolation;

    public WorkInstruments(FarmMeter meter, LabelOverflows overflows, TimeProvider clock)
    {
        _clock = clock;
        _schedules = new(meter, InstrumentNames.Schedules, overflows);
        _steps = new(meter, InstrumentNames.Steps, overflows);
        _violated = new(meter, InstrumentNames.ViolatedSchedules, overflows);
        _violations = new(meter, InstrumentNames.Violations, overflows);
        _workloadViolations = new(meter, InstrumentNames.WorkloadViolations, overflows);
        _searched = new(meter, InstrumentNames.SearchedProgrammes, overflows);
        _searched.Show(Pairs(s_searched, s_verdicts));
        _states = new(meter, InstrumentNames.SearchStates, s_searched);
        _transitions = new(meter, InstrumentNames.SearchTransitions, s_searched);
        _armSchedules = new(meter, InstrumentNames.StrategySchedules, Arms);
        _armSteps = new(meter, InstrumentNames.StrategySteps, Arms);
        _armViolations = new(meter, InstrumentNames.StrategyViolations, Arms);
        _findings = new(meter, InstrumentNames.Findings, Enum.GetNames<Severity>());
        _results = new(meter, InstrumentNames.Results, Fates);
        _epochs = new(meter, InstrumentNames.Epochs);
        _firstViolations = new(meter, InstrumentNames.FirstViolations, Catalog<Workload>.Ids);
        _firstViolationTime = ClosedCounter.OfMilliseconds(meter, InstrumentNames.FirstViolationSeconds, Catalog<Workload>.Ids);
        _shardDuration = meter.Histogram(InstrumentNames.ShardDuration);
        meter.Observe(InstrumentNames.ViolationLast, () => Interlocked.Read(ref _lastViolation) / 1000.0);
    }

    /// <summary>A campaign is taken up: what it may count is shown at 0, as far as there is room.</summary>
    public void Show(CampaignPlan plan)
    {
        string[] policies = [.. plan.Spec.Policies.Select(p => Presets.NameOf(p.Policy)).Distinct()], workloads = [.. plan.Spec.Workloads.Select(w => w.Label)];
        (string, string)[] cells = [.. Pairs(policies, workloads)];
        _schedules.Show(cells);
        _steps.Show(cells);
        _violated.Show(cells);
        string[] invariants = [.. Catalog<Invariant>.Ids.Select(InvariantLabel).Distinct()];
        _violations.Show(Pairs(policies, invariants));
        _workloadViolations.Show(Pairs(workloads, invariants));
    }

    /// <summary>A shard's record was accepted.</summary>
    public void Accepted(PlannedCell cell, ShardRecord record)
    {
        string policy = Presets.NameOf(cell.Policy.Policy), workload = cell.Workload.Label;
        if (record.Search is { } search) Searched(WrittenProgramme.LabelOf(workload), search);
        else Scheduled(policy, workload, record);
        foreach (RawFinding raw in record.Findings)
        {
            string invariant = InvariantLabel(raw.Invariant);
            _violations.Add(policy, invariant, raw.Count);
            _workloadViolations.Add(workload, invariant, raw.Count);
        }
        if (record.Findings.Count > 0) Interlocked.Exchange(ref _lastViolation, _clock.GetUtcNow().ToUnixTimeMilliseconds());
        if (record.Link is not null) _epochs.Add();
    }

    private void Scheduled(string policy, string workload, ShardRecord record)
    {
        _schedules.Add(policy, workload, record.Schedules);
        _steps.Add(policy, workload, record.Steps);
        _violated.Add(policy, workload, record.Findings.Sum(raw => raw.Count));
        foreach (ArmCount arm in record.Arms)
        {
            _armSchedules.Add(arm.Strategy, arm.Schedules);
            _armSteps.Add(arm.Strategy, arm.Steps);
            _armViolations.Add(arm.Strategy, arm.Violated);
        }
    }

    /// <summary>
    /// Programmes and transitions are no schedules and steps, whatever the record calls them: one programme is as good as all of its
    /// schedules, and a transition costs many times what a step does. No arm drew them.
    /// </summary>
    private void Searched(string workload, SearchCounts search)
    {
        _searched.Add(workload, "exhausted", search.Exhausted);
        _searched.Add(workload, "violated", search.Violated);
        _searched.Add(workload, "inconclusive", search.Unfinished);
        _states.Add(workload, search.States);
        _transitions.Add(workload, search.Transitions);
    }

    /// <summary>A violation was worked up, and the finding accepted.</summary>
    public void Accepted(Finding finding) => _findings.Add(finding.Severity);
    public void Delivered(ResultFate fate) => _results.Add(Fates[(int)fate]);
    public void Took(WorkKind kind, double seconds) => _shardDuration.Record(seconds, new KeyValuePair<string, object?>("kind", Kinds[(int)kind]));

    /// <summary>A cell of this workload was violated for the first time, so long after its campaign's creation. Programmes are not counted: each is asked once.</summary>
    public void FirstViolation(string workload, TimeSpan after)
    {
        if (Catalog<Workload>.Find(workload) is null) return;
        _firstViolations.Add(workload);
        // A counter never falls, and the clock of the silo that took the campaign in may be ahead of this one's.
        _firstViolationTime.Add(workload, Math.Max(0, (long)after.TotalMilliseconds));
    }

    /// <summary>The invariant of the specification that this is, or is a part of: "I12" for I12b. The parts would not fit into a metric.</summary>
    public static string InvariantLabel(string id) => char.IsAsciiLetterLower(id[^1]) ? id[..^1] : id;

    private static IEnumerable<(string, string)> Pairs(string[] first, string[] second) => first.SelectMany(f => second.Select(s => (f, s)));
}
