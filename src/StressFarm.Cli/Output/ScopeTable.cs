using StressFarm.Campaigns;
using StressFarm.Cli.Hosting;
using StressFarm.Exploration.Exhaustive;

namespace StressFarm.Cli.Output;

/// <summary>Design × workload: how many programmes of the workload's scope are silent in every interleaving, and what breaks in the others.</summary>
/// <param name="count">programmes of each scope, at most</param>
/// <param name="states">of each programme, at most</param>
internal sealed class ScopeTable(CliHost host, string[] designs, Workload[] workloads, int count, long states)
{
    private readonly List<ScopeResult> _results = [];

    public bool AnyViolated => _results.Exists(r => r.Violated > 0);
    public bool AnyUnfinished => _results.Exists(r => r.Unfinished > 0);

    /// <summary>The next one, design after design.</summary>
    public void Add(ScopeResult result) => _results.Add(result);

    private IEnumerable<(string Design, Workload Workload, ScopeResult Result)> Cells =>
        _results.Select((r, i) => (designs[i / workloads.Length], workloads[i % workloads.Length], r));

    public void Progress(TimeSpan elapsed)
    {
        (string design, Workload workload, ScopeResult result) = Cells.Last();
        int all = designs.Length * workloads.Length;
        host.Error.WriteLine($"[{Numbers.Duration(elapsed)}] {_results.Count} of {all} cells, {Numbers.Duration(elapsed / _results.Count * (all - _results.Count))} left | {design}, {workload.Id}: {Words(result)}");
        host.Error.Flush();
    }

    /// <summary>A line per cell.</summary>
    public void WriteText(TimeSpan took)
    {
        host.Out.WriteLine($"stressfarm {BuildInfo.Build} | model {ModelVersion.Current} | compare --exhaust | {Bound}");
        int design = designs.Max(d => d.Length), workload = workloads.Max(w => w.Id.Length);
        foreach ((string d, Workload w, ScopeResult result) in Cells) host.Out.WriteLine($"  {d.PadRight(design)}  {w.Id.PadRight(workload)}  {Words(result)}");
        host.Out.WriteLine($"{Numbers.Of(_results.Sum(r => (long)r.Searched), "programme")}, {Numbers.Of(_results.Sum(r => r.States), "state")}, {Numbers.Of(_results.Sum(r => r.Transitions), "transition")}; {Numbers.Duration(took)}");
    }

    /// <summary>A row a workload and a column a design: a number of programmes and what they violate; nothing where all are silent.</summary>
    public void WriteMarkdown()
    {
        host.Out.WriteLine($"Model {ModelVersion.Current}; {Bound}.");
        host.Out.WriteLine();
        host.Out.WriteLine($"| design | {string.Join(" | ", workloads.Select(w => w.Id))} |");
        host.Out.WriteLine($"|---|{string.Concat(workloads.Select(_ => "---|"))}");
        for (int row = 0; row < designs.Length; row++)
            host.Out.WriteLine($"| {designs[row]} | {string.Join(" | ", Enumerable.Range(0, workloads.Length).Select(column => Entry(_results[row * workloads.Length + column])))} |");
        host.Out.WriteLine();
        host.Out.WriteLine($"{Numbers.Of(_results.Sum(r => (long)r.Searched), "programme")}, {Numbers.Of(_results.Sum(r => r.States), "state")}, {Numbers.Of(_results.Sum(r => r.Transitions), "transition")}.");
    }

    public ScopeTableShape Shape() => new(
        BuildInfo.Build, ModelVersion.Current, count, states,
        [.. Cells.Select(c => new ScopeCellShape(c.Design, c.Workload.Id, c.Workload.Scope.Digest, c.Workload.Scope.Count, c.Result.Searched, c.Result.Silent, c.Result.Violated, c.Result.Unfinished,
            c.Result.States, c.Result.Transitions, c.Result.FinalStates, [.. c.Result.Flaws.Select(f => new ScopeFlawShape(f.Key, f.Value.Programmes, f.Value.First))]))]);

    private string Bound => count >= SmallScope.Most
        ? $"all programmes of each scope in every interleaving, up to {Numbers.Of(states, "state")} of each"
        : $"{Numbers.Of(count, "programme")} of each scope, spread over it evenly, in every interleaving, up to {Numbers.Of(states, "state")} of each";

    private static string Words(ScopeResult result)
    {
        string flaws = string.Concat(result.Flaws.Select(f => $" {f.Key}({f.Value.Programmes})"));
        string unfinished = result.Unfinished == 0 ? "" : $", {result.Unfinished} not finished";
        return $"{result.Silent} exhausted, {result.Violated} violated{flaws}{unfinished}";
    }

    private static string Entry(ScopeResult result)
    {
        string unfinished = result.Unfinished == 0 ? "" : $"{result.Unfinished} not finished";
        string violated = result.Violated == 0 ? "" : $"**{result.Violated}** of {result.Searched}: {string.Join(' ', result.Flaws.Keys)}";
        return violated.Length == 0 && unfinished.Length == 0 ? $"{result.Silent}" : string.Join("; ", new[] { violated, unfinished }.Where(t => t.Length > 0));
    }
}

/// <summary>What <c>compare --exhaust --format json</c> prints.</summary>
internal sealed record ScopeTableShape(string Build, string Model, int Count, long StateLimit, IReadOnlyList<ScopeCellShape> Cells);

internal sealed record ScopeCellShape(
    string Policy, string Workload, string ScopeDigest, int ScopeProgrammes, int Programmes, int Exhausted, int Violated, int NotFinished,
    long States, long Transitions, long FinalStates, IReadOnlyList<ScopeFlawShape> Flaws);
