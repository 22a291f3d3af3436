using StressFarm.Cli.Hosting;
using StressFarm.Cli.Output;
using StressFarm.Exploration.Trials;

namespace StressFarm.Cli.Commands;

/// <summary>The invariants on trial: which of them notices when a step of a protocol is missing.</summary>
internal static class MutantTrial
{
    public const long DefaultBudget = 1_000_000;

    public static int Run(CliHost host, long budget, int threads, ITrialText text)
    {
        Step[] steps = [.. MutationTrial.Steps];
        var rows = new MutantRow[steps.Length];
        int done = 0;
        try
        {
            Parallel.For(0, steps.Length, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = host.Interrupt },
                () => new MutationTrial(new Geometry(), [.. Catalog<Workload>.All], budget),
                (i, _, trial) =>
                {
                    MutantRow row = rows[i] = trial.Try(steps[i], host.Interrupt);
                    host.Error.WriteLine($"trial: {Interlocked.Increment(ref done)} of {steps.Length}: {row.Step} {TrialNumbers.Name(row.Fate)}{(row.Invariant is { } by ? $" by {by}" : "")}");
                    return trial;
                }, _ => { });
        }
        catch (OperationCanceledException)
        {
            host.Complain("interrupted");
            return ExitCode.Inconclusive;
        }
        text.Write(host.Out, rows, budget);
        return ExitCode.Done;
    }
}
