using System.CommandLine;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Specs;
using StressFarm.Cli.Hosting;
using StressFarm.Cli.Options;
using StressFarm.Cli.Output;
using StressFarm.Exploration.Evidence;
using StressFarm.Exploration.Exhaustive;
using StressFarm.Exploration.Replays;

namespace StressFarm.Cli.Commands;

/// <summary>What <c>exhaust</c> does with <c>--scope</c>: not one programme, but those of a workload's small scope, or a slice of them.</summary>
internal static class ScopePart
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(3), s_longest = TimeSpan.FromDays(40);

    private static readonly Option<bool> s_scope = new("--scope") { Description = "not one programme: all those of the workload's small scope, or as many as --from and --count say" };
    private static readonly Option<string?> s_from = CampaignOptions.One("--from", "with --scope: number of the first programme; 0 by default"),
        s_count = CampaignOptions.One("--count", "with --scope: programmes from that one on; all by default"),
        s_states = CampaignOptions.One("--states", $"with --scope, budget: states of each programme; {ScopeSearch.DefaultStateLimit} by default"),
        s_workers = CampaignOptions.One("--workers", "with --scope: threads; all cores by default");

    public static void AddTo(Command command)
    {
        foreach (Option option in (Option[])[s_scope, s_from, s_count, s_states, s_workers]) command.Add(option);
    }

    /// <summary>Whether a scope is asked for.</summary>
    /// <param name="others">options that are about one programme</param>
    /// <exception cref="SpecException">what is given does not go together</exception>
    public static bool IsAsked(ParseResult parsed, params Option<string?>[] others)
    {
        bool asked = parsed.GetValue(s_scope);
        foreach (Option<string?> option in asked ? others : [s_from, s_count, s_states, s_workers])
            if (parsed.GetValue(option) is not null) throw new SpecException(asked ? $"{option.Name}: is about one programme, and --scope about many; leave one of them out" : $"{option.Name}: goes with --scope");
        return asked;
    }

    public static int Run(CliHost host, ParseResult parsed, CampaignOrder order, int bits, bool json)
    {
        Policy policy = order.Spec.Policies[0].Policy;
        Workload workload = order.Spec.Workloads[0];
        SmallScope scope = workload.Scope;
        if (scope.Count == 0) throw new SpecException($"--scope: {workload.Id} has none");
        int from = parsed.Whole(s_from, 0, scope.Count - 1) ?? 0, count = parsed.Whole(s_count, 1, scope.Count - from) ?? scope.Count - from;
        using var budget = new CancellationTokenSource(order.Budget is { } time && time < s_longest ? time : s_longest, host.Clock);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(host.Interrupt, budget.Token);
        var run = new ScopeRun(scope, policy, [.. Enumerable.Range(from, count)])
        {
            Workers = parsed.Whole(s_workers, 1, SpecBuilder.MaxWorkers) ?? order.Workers,
            StateLimit = parsed.Whole(s_states, 1, ExhaustBudget.MaxStates) ?? ScopeSearch.DefaultStateLimit,
            Wide = bits == 128,
            Interrupt = stop.Token,
        };
        var text = new ScopeText(host, workload, policy, run, bits);
        if (!json) text.WriteHead();
        long begun = host.Clock.GetTimestamp();
        using (host.Clock.CreateTimer(_ => text.Progress(host.Clock.GetElapsedTime(begun)), null, s_period, s_period)) Run(run, workload);
        TimeSpan took = host.Clock.GetElapsedTime(begun);
        Finding? finding = run.Result.Violated == 0 ? null : Finding(scope, policy, run.Result.Flaws.Values.MinBy(f => f.First)!);
        if (json) JsonOutput.Write(host.Out, text.Shape(finding), CommandJson.Default.ScopeShape);
        else text.WriteVerdict(finding, took);
        return run.Result.Violated > 0 ? ExitCode.Violation : run.Result.Silent == count ? ExitCode.Done : ExitCode.Inconclusive;
    }

    /// <exception cref="SpecException">a programme cannot be searched</exception>
    private static void Run(ScopeRun run, Workload workload)
    {
        try
        {
            run.Run();
        }
        catch (NotSupportedException e)
        {
            throw new SpecException($"exhaust: a programme of {workload.Id} cannot be searched: {e.Message}");
        }
    }

    /// <summary>The first one that was found, worked up.</summary>
    private static Finding Finding(SmallScope scope, Policy policy, ScopeFlaw flaw) =>
        new FindingWorkup(scope.Geometry).Work(new Scenario(ScopeSearch.CellOf(scope, flaw.First, policy), 0, ProgrammeEdits.None, flaw.Schedule, Fair: false))
        ?? throw new CampaignFault($"the search of programme {flaw.First} found a violation, and its schedule run again did not: a defect of the simulator, not a result");
}
