using System.CommandLine;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Specs;
using StressFarm.Cli.Hosting;
using StressFarm.Cli.Options;
using StressFarm.Cli.Output;
using StressFarm.Exploration.Evidence;
using StressFarm.Exploration.Trials;

namespace StressFarm.Cli.Commands;

/// <summary>The detector on trial: known bugs are planted, and what it takes to catch them is counted.</summary>
internal static class TrialCommand
{
    private const int DefaultSeeds = 20, MostSeeds = 1000;
    private const long DefaultBudget = 10_000_000;
    private static readonly string[] s_strategies = ["random", "pct", "pos", CampaignSpec.DefaultStrategy];

    public static Command Create(CliHost host)
    {
        var command = new Command("trial", "put the detector on trial: plant known bugs and count the schedules and steps until one is caught; exit 1 when the portfolio misses one");
        var bugs = new Argument<string[]>("bug") { Arity = ArgumentArity.ZeroOrMore, Description = "known bugs; all by default" };
        Option<string?> seeds = CampaignOptions.One("--seeds", $"first seeds to begin from; {DefaultSeeds} by default");
        Option<string?> budget = CampaignOptions.One("--steps", $"steps after which a bug counts as missed; {DefaultBudget} by default");
        Option<string?> workers = CampaignOptions.One("--workers", "threads; all cores by default");
        Option<string?> format = CampaignOptions.One("--format", "text or markdown");
        var mutants = new Option<bool>("--mutants") { Description = "drop the writes of every step of the protocols, one at a time, and see which invariant notices" };
        command.Add(bugs);
        command.Add(mutants);
        foreach (Option option in (Option[])[seeds, budget, workers, format]) command.Add(option);
        command.SetAction(parsed =>
        {
            KnownBug[] asked = [.. Asked(parsed.GetValue(bugs) ?? [])];
            int first = parsed.Whole(seeds, 1, MostSeeds) ?? DefaultSeeds, threads = parsed.Whole(workers, 1, 1024) ?? Environment.ProcessorCount;
            long steps = parsed.Whole(budget, 1, CampaignSpec.MaxSteps) ?? DefaultBudget;
            ITrialText text = TextOf(parsed.GetValue(format));
            if (parsed.GetValue(mutants))
                return asked.Length < Catalog<KnownBug>.Ids.Count() || parsed.GetValue(seeds) is not null
                    ? throw new SpecException("--mutants: takes no known bugs and no --seeds")
                    : MutantTrial.Run(host, parsed.GetValue(budget) is null ? MutantTrial.DefaultBudget : steps, threads, text);
            return Run(host, asked, first, steps, threads, text);
        });
        return command;
    }

    private static ITrialText TextOf(string? format) => format switch
    {
        null or "text" => new TrialText(),
        "markdown" => new TrialMarkdown(),
        _ => throw CampaignOptions.UnknownFormat(format, "markdown"),
    };

    private static IEnumerable<KnownBug> Asked(string[] ids) => ids.Length == 0 ? Catalog<KnownBug>.All
        : ids.Select(id => Catalog<KnownBug>.Find(id) ?? throw new SpecException($"unknown known bug {new UserValue(id, "").Shown}; see 'stressfarm list known-bugs'"));

    private static int Run(CliHost host, KnownBug[] bugs, int seeds, long budget, int threads, ITrialText text)
    {
        var rows = new BugTrialRow[bugs.Length * s_strategies.Length];
        Finding?[] shortest = new Finding?[bugs.Length], production = new Finding?[bugs.Length];
        int done = 0;
        try
        {
            Parallel.For(0, rows.Length, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = host.Interrupt }, () => new BugTrial(new Geometry()), (i, _, trial) =>
            {
                BugTrialRow row = rows[i] = trial.Try(bugs[i / s_strategies.Length], s_strategies[i % s_strategies.Length], seeds, budget, Checks.On, host.Interrupt);
                if (row.Strategy == CampaignSpec.DefaultStrategy)
                {
                    shortest[i / s_strategies.Length] = trial.Shortest(row, host.Interrupt);
                    // What it says does not depend on how short the schedule is: one seed tells.
                    production[i / s_strategies.Length] = trial.Shortest(trial.Try(row.Bug, row.Strategy, 1, budget, Checks.Off, host.Interrupt), host.Interrupt);
                }
                host.Error.WriteLine($"trial: {Interlocked.Increment(ref done)} of {rows.Length}: {row.Bug.Id} {row.Strategy} caught from {row.Found.Count()} of {seeds} seeds");
                return trial;
            }, _ => { });
        }
        catch (OperationCanceledException)
        {
            host.Complain("interrupted");
            return ExitCode.Inconclusive;
        }
        text.Write(host.Out, [.. bugs.Select((bug, i) => new TrialResult(bug, rows[(i * s_strategies.Length)..((i + 1) * s_strategies.Length)], shortest[i], production[i]))], seeds, budget);
        return rows.All(r => r.Strategy != CampaignSpec.DefaultStrategy || r.Passed) ? ExitCode.Done : ExitCode.Violation;
    }
}
