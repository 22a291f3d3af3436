using System.CommandLine;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Specs;
using StressFarm.Cli.Hosting;
using StressFarm.Cli.Options;
using StressFarm.Cli.Output;
using StressFarm.Exploration.Exhaustive;

namespace StressFarm.Cli.Commands;

/// <summary>What <c>compare</c> does with <c>--exhaust</c>: not schedules that are drawn, but every interleaving of the programmes of the workloads' small scopes, under each design.</summary>
internal static class ScopeTablePart
{
    private static readonly Option<bool> s_exhaust = new("--exhaust") { Description = "every interleaving of the programmes of the workloads' small scopes in the place of schedules" };
    private static readonly Option<bool> s_markdown = new("--markdown") { Description = "with --exhaust: the table as docs/exhaustive.md has it" };
    private static readonly Option<string?> s_count = CampaignOptions.One("--count", "with --exhaust: programmes of each scope, spread over it evenly; all by default"),
        s_states = CampaignOptions.One("--states", $"with --exhaust, budget: states of each programme; {ScopeSearch.DefaultStateLimit} by default");

    public static void AddTo(Command command)
    {
        foreach (Option option in (Option[])[s_exhaust, s_count, s_states, s_markdown]) command.Add(option);
    }

    /// <exception cref="SpecException">an option is there without it</exception>
    public static bool IsAsked(ParseResult parsed)
    {
        bool asked = parsed.GetValue(s_exhaust);
        foreach (Option<string?> option in (Option<string?>[])[s_count, s_states])
            if (!asked && parsed.GetValue(option) is not null) throw new SpecException($"{option.Name}: goes with --exhaust");
        return !asked && parsed.GetValue(s_markdown) ? throw new SpecException("--markdown: goes with --exhaust") : asked;
    }

    public static int Run(CliHost host, ParseResult parsed, CampaignOrder order, bool json, bool failOnViolation)
    {
        foreach (PolicyChoice choice in order.Spec.Policies)
            if (choice.Policy.MemoryModel != MemoryModel.Sc) throw new SpecException($"--exhaust: every interleaving is there under MM=SC only, and {choice.Name} is MM={choice.Policy.MemoryModel.ToString().ToUpperInvariant()}");
        Workload[] workloads = [.. order.Spec.Workloads];
        if (Array.Find(workloads, w => w.Scope.Count == 0) is { } none) throw new SpecException($"--exhaust: {none.Id} has no scope");
        int count = parsed.Whole(s_count, 1, SmallScope.Most) ?? SmallScope.Most;
        long states = parsed.Whole(s_states, 1, ScopePart.MostStates) ?? ScopeSearch.DefaultStateLimit;
        var table = new ScopeTable(host, [.. order.Spec.Policies.Select(p => p.Name)], workloads, count, states);
        long begun = host.Clock.GetTimestamp();
        foreach (PolicyChoice choice in order.Spec.Policies)
            foreach (Workload workload in workloads)
            {
                var run = new ScopeRun(workload.Scope, choice.Policy, Spread(workload.Scope, count)) { Workers = order.Workers, StateLimit = states, Interrupt = host.Interrupt };
                ScopePart.Run(run, workload);
                if (host.Interrupt.IsCancellationRequested)
                {
                    host.Complain("interrupted: a table that lacks cells would say too little");
                    return ExitCode.Inconclusive;
                }
                table.Add(run.Result);
                table.Progress(host.Clock.GetElapsedTime(begun));
            }
        if (json) JsonOutput.Write(host.Out, table.Shape(), CommandJson.Default.ScopeTableShape);
        else if (parsed.GetValue(s_markdown)) table.WriteMarkdown();
        else table.WriteText(host.Clock.GetElapsedTime(begun));
        return failOnViolation && table.AnyViolated ? ExitCode.Violation : table.AnyUnfinished ? ExitCode.Inconclusive : ExitCode.Done;
    }

    /// <summary>Numbers of as many programmes, as far from each other as can be.</summary>
    private static IReadOnlyList<int> Spread(SmallScope scope, int count)
    {
        int some = Math.Min(count, scope.Count);
        return [.. Enumerable.Range(0, some).Select(i => (int)((long)i * scope.Count / some))];
    }
}
