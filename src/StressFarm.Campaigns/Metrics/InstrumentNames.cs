namespace StressFarm.Campaigns.Metrics;

/// <summary>What a metric is to whoever reads it.</summary>
public enum InstrumentKind : byte
{
    Counter,
    Gauge,
    Histogram,
}

/// <summary>An instrument under the name that it is read by.</summary>
/// <param name="Unit">as UCUM writes it; empty where the name says what is counted</param>
/// <param name="Labels">in the order in which they are given</param>
public sealed record InstrumentName(string Name, InstrumentKind Kind, string Unit, string Description, params IReadOnlyList<string> Labels)
{
    /// <summary>Upper bounds of a histogram's buckets, in its unit.</summary>
    public IReadOnlyList<double> Buckets { get; init; } = [];
}

/// <summary>The one list of what StressFarm measures; docs/metrics.md is the same list for readers, and a test compares them.</summary>
public static class InstrumentNames
{
    public const string MeterName = "StressFarm";

    // Work.
    public static readonly InstrumentName Schedules = new("stressfarm_schedules_total", InstrumentKind.Counter, "", "Schedules run", "policy", "workload");
    public static readonly InstrumentName Steps = new("stressfarm_steps_total", InstrumentKind.Counter, "", "Steps taken", "policy", "workload");
    public static readonly InstrumentName ViolatedSchedules = new("stressfarm_violated_schedules_total", InstrumentKind.Counter, "", "Of the schedules, those that ended in a violation", "policy", "workload");
    public static readonly InstrumentName StrategySchedules = new("stressfarm_strategy_schedules_total", InstrumentKind.Counter, "", "Schedules run, by the arm that drew them", "strategy");
    public static readonly InstrumentName StrategySteps = new("stressfarm_strategy_steps_total", InstrumentKind.Counter, "", "Steps taken, by the arm that drew the schedule", "strategy");
    public static readonly InstrumentName StrategyViolations = new("stressfarm_strategy_violations_total", InstrumentKind.Counter, "", "Schedules that violated, by the arm that drew them", "strategy");
    public static readonly InstrumentName Violations = new("stressfarm_violations_total", InstrumentKind.Counter, "", "Schedules that ended in a violation, and searched programmes of which one does", "policy", "invariant");
    public static readonly InstrumentName WorkloadViolations = new("stressfarm_workload_violations_total", InstrumentKind.Counter, "", "Schedules that ended in a violation, and searched programmes of which one does, by workload", "workload", "invariant");
    public static readonly InstrumentName SearchedProgrammes = new("stressfarm_searched_programmes_total", InstrumentKind.Counter, "", "Programmes searched in every interleaving, by what came of it", "workload", "verdict");
    public static readonly InstrumentName SearchStates = new("stressfarm_search_states_total", InstrumentKind.Counter, "", "States that searches of programmes came to", "workload");
    public static readonly InstrumentName SearchTransitions = new("stressfarm_search_transitions_total", InstrumentKind.Counter, "", "Transitions between states that searches of programmes took", "workload");
    public static readonly InstrumentName ViolationLast = new("stressfarm_violation_last_timestamp_seconds", InstrumentKind.Gauge, "s", "When the last violation was accepted; 0 for never");
    public static readonly InstrumentName Findings = new("stressfarm_findings_total", InstrumentKind.Counter, "", "Violations worked up", "severity");
    public static readonly InstrumentName FirstViolations = new("stressfarm_first_violations_total", InstrumentKind.Counter, "", "Cells of campaigns that were violated for the first time", "workload");
    public static readonly InstrumentName FirstViolationSeconds = new("stressfarm_first_violation_seconds_total", InstrumentKind.Counter, "s", "The time from a campaign's creation to the first violation of a cell, summed over those cells", "workload");
    public static readonly InstrumentName ShardDuration = new("stressfarm_shard_duration_seconds", InstrumentKind.Histogram, "s", "How long a piece of work kept its thread", "kind")
    {
        Buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    };
    public static readonly InstrumentName Results = new("stressfarm_results_total", InstrumentKind.Counter, "", "Results delivered to campaigns, by what became of them", "fate");
    public static readonly InstrumentName SpeciesSeen = new("stressfarm_species_seen", InstrumentKind.Gauge, "", "Pairs of operations seen on a field, in campaigns whose strategy learns");
    public static readonly InstrumentName SpeciesDiscovered = new("stressfarm_species_discovered_total", InstrumentKind.Counter, "", "Species that an arm was the first to show", "strategy");

    // Trust.
    public static readonly InstrumentName CanariesPlanted = new("stressfarm_canaries_planted_total", InstrumentKind.Counter, "", "Canaries planted", "kind", "canary");
    public static readonly InstrumentName CanariesCaught = new("stressfarm_canaries_caught_total", InstrumentKind.Counter, "", "Canaries caught by an invariant that must catch them", "kind", "canary");
    public static readonly InstrumentName CanaryDuration = new("stressfarm_canary_duration_seconds", InstrumentKind.Histogram, "s", "From planting a canary to the acceptance of its result, of those caught", "kind")
    {
        Buckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    };
    public static readonly InstrumentName CanaryLast = new("stressfarm_canary_last_caught_timestamp_seconds", InstrumentKind.Gauge, "s", "When the last canary was caught; 0 for never", "kind");
    public static readonly InstrumentName Replays = new("stressfarm_replays_total", InstrumentKind.Counter, "", "Work that was done a second time and compared", "kind");
    public static readonly InstrumentName ReplayMismatches = new("stressfarm_replay_mismatches_total", InstrumentKind.Counter, "", "Of the replays, how many came out different: must be 0", "kind");
    public static readonly InstrumentName LedgerShards = new("stressfarm_ledger_shards", InstrumentKind.Gauge, "", "Shards in the ledgers of the campaigns whose grain lives here", "state");
    public static readonly InstrumentName LedgerDiscrepancies = new("stressfarm_ledger_discrepancies_total", InstrumentKind.Counter, "", "Ledgers that did not add up: must be 0");

    // The farm.
    public static readonly InstrumentName Campaigns = new("stressfarm_campaigns", InstrumentKind.Gauge, "", "Campaigns whose grain lives here", "state");
    public static readonly InstrumentName CampaignsEnded = new("stressfarm_campaigns_ended_total", InstrumentKind.Counter, "", "Campaigns that ended here", "state");
    public static readonly InstrumentName Leases = new("stressfarm_leases", InstrumentKind.Gauge, "", "Leases that campaigns have given out", "kind");
    public static readonly InstrumentName LeaseOldest = new("stressfarm_lease_oldest_timestamp_seconds", InstrumentKind.Gauge, "s", "When the work that is out longest was first given; 0 when none is out");
    public static readonly InstrumentName LeaseReissues = new("stressfarm_lease_reissues_total", InstrumentKind.Counter, "", "Leases that ran out or were handed back");
    public static readonly InstrumentName Epochs = new("stressfarm_epochs_total", InstrumentKind.Counter, "", "Epochs of soaks");
    public static readonly InstrumentName Sections = new("stressfarm_sections", InstrumentKind.Gauge, "", "Sections of soaks", "state");
    public static readonly InstrumentName CheckpointOldest = new("stressfarm_checkpoint_oldest_timestamp_seconds", InstrumentKind.Gauge, "s", "The newest checkpoint of the section that has waited longest for its next; 0 without a soak");
    public static readonly InstrumentName Workers = new("stressfarm_workers", InstrumentKind.Gauge, "", "Threads that run shards", "state");
    public static readonly InstrumentName WorkerBusy = new("stressfarm_worker_busy_seconds_total", InstrumentKind.Counter, "s", "The time that the workers ran");
    public static readonly InstrumentName QueuedLeases = new("stressfarm_queued_leases", InstrumentKind.Gauge, "", "Leases that wait for a thread");
    public static readonly InstrumentName UndeliveredResults = new("stressfarm_undelivered_results", InstrumentKind.Gauge, "", "Results that wait for their campaign");
    public static readonly InstrumentName SilosActive = new("stressfarm_silos_active", InstrumentKind.Gauge, "", "Silos that this one sees in the cluster");
    public static readonly InstrumentName Draining = new("stressfarm_draining", InstrumentKind.Gauge, "", "1 while the silo hands its work back");
    public static readonly InstrumentName GrainCallDuration = new("stressfarm_grain_call_duration_seconds", InstrumentKind.Histogram, "s", "A call from this silo to a grain, until its answer or its failure", "grain")
    {
        Buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    };
    public static readonly InstrumentName GrainCallFailures = new("stressfarm_grain_call_failures_total", InstrumentKind.Counter, "", "Calls to a grain that failed", "grain");
    public static readonly InstrumentName StoreDuration = new("stressfarm_store_duration_seconds", InstrumentKind.Histogram, "s", "A call of the store, until its answer or its failure", "operation")
    {
        Buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    };
    public static readonly InstrumentName StoreErrors = new("stressfarm_store_errors_total", InstrumentKind.Counter, "", "Calls of the store that failed", "operation");
    public static readonly InstrumentName LabelOverflows = new("stressfarm_label_overflows_total", InstrumentKind.Counter, "", "Pairs of labels that found no room and were counted under other");
    public static readonly InstrumentName BuildInfo = new("stressfarm_build_info", InstrumentKind.Gauge, "", "Which build this is: always 1", "version", "model");
    public static readonly InstrumentName Start = new("stressfarm_start_timestamp_seconds", InstrumentKind.Gauge, "s", "When the process began");

    /// <summary>Not one of the farm's: what every process has, where the system tells it.</summary>
    public static readonly InstrumentName OpenFiles = new("process_open_fds", InstrumentKind.Gauge, "", "Open file descriptors");

    /// <summary>Everything that is the farm's.</summary>
    public static IReadOnlyList<InstrumentName> All { get; } =
    [
        Schedules, Steps, ViolatedSchedules, StrategySchedules, StrategySteps, StrategyViolations, Violations, WorkloadViolations, SearchedProgrammes, SearchStates,
        SearchTransitions, ViolationLast, Findings, FirstViolations, FirstViolationSeconds, ShardDuration, Results, SpeciesSeen, SpeciesDiscovered,
        CanariesPlanted, CanariesCaught, CanaryDuration, CanaryLast, Replays, ReplayMismatches, LedgerShards, LedgerDiscrepancies,
        Campaigns, CampaignsEnded, Leases, LeaseOldest, LeaseReissues, Epochs, Sections, CheckpointOldest, Workers, WorkerBusy, QueuedLeases,
        UndeliveredResults, SilosActive, Draining, GrainCallDuration, GrainCallFailures, StoreDuration, StoreErrors, LabelOverflows, BuildInfo, Start,
    ];
}
