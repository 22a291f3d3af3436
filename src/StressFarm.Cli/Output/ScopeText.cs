using System.Globalization;
using StressFarm.Campaigns;
using StressFarm.Cli.Hosting;
using StressFarm.Exploration;
using StressFarm.Exploration.Evidence;
using StressFarm.Exploration.Exhaustive;

namespace StressFarm.Cli.Output;

/// <summary>Searches of a scope's programmes as text and as JSON: how many are silent, what breaks in the others, and how far the claim reaches.</summary>
internal sealed class ScopeText(CliHost host, Workload workload, Policy policy, ScopeRun run, int bits)
{
    private SmallScope Scope => workload.Scope;
    private ScopeResult Result => run.Result;
    private int Asked => run.Numbers.Count;
    private int Left => Asked - Result.Searched;

    public void WriteHead()
    {
        host.Out.WriteLine($"stressfarm {BuildInfo.Build} | model {ModelVersion.Current} | exhaust | policy {PolicyName.Of(policy)} | scope of {workload.Id}, {Numbers.Of(Scope.Count, "programme")} | digest {Scope.Digest}");
        if (Asked == 1) host.Out.Write(Scope[run.Numbers[0]].Canonical);
        else if (Asked < Scope.Count) host.Out.WriteLine($"{Numbers.Of(Asked, "programme")} of it, from {run.Numbers[0]} to {run.Numbers[^1]}");
        host.Out.Flush();
    }

    public void Progress(TimeSpan elapsed)
    {
        int done = Result.Searched;
        string left = done == 0 ? "estimating" : $"{Numbers.Duration(elapsed / done * (Asked - done))} left";
        try
        {
            host.Error.WriteLine($"[{Numbers.Duration(elapsed)}] {Numbers.Grouped(done)} of {Numbers.Of(Asked, "programme")}, {left} | {Numbers.Short(Result.States)} states, {Numbers.Short(Result.Transitions)} transitions | {Result.Violated} violated, {Result.Unfinished} not finished");
            host.Error.Flush();
        }
        catch (IOException)
        {
            // Standard error was closed: the search goes on without its progress.
        }
    }

    public void WriteVerdict(Finding? finding, TimeSpan took)
    {
        host.Out.WriteLine($"{Verdict}: {Sentence}");
        host.Out.WriteLine($"  {Numbers.Of(Asked, "programme")}: {Numbers.Grouped(Result.Silent)} exhausted and silent, {Numbers.Grouped(Result.Violated)} violated, {Numbers.Grouped(Result.Unfinished)} not finished within {Numbers.Of(run.StateLimit, "state")}, {Numbers.Grouped(Left)} not run");
        host.Out.WriteLine($"  {Numbers.Of(Result.States, "state")}, {Numbers.Grouped(Result.MostStates)} of one programme at most, {Numbers.Grouped(Result.FinalStates)} final; {Numbers.Of(Result.Transitions, "transition")}; {Numbers.Duration(took)}");
        foreach ((string invariant, ScopeFlaw flaw) in Result.Flaws) host.Out.WriteLine($"  {invariant} in {Numbers.Of(flaw.Programmes, "programme")}, the first number {flaw.First}");
        host.Out.WriteLine($"bound: {Bound}");
        if (finding is null) return;
        host.Out.WriteLine();
        FindingText.WriteFull(host.Out, finding);
    }

    public ScopeShape Shape(Finding? finding) => new(
        BuildInfo.Build, ModelVersion.Current, Verdict, PolicyName.Of(policy), workload.Id, Scope.Digest, Scope.Count, run.Numbers[0], Asked,
        Result.Silent, Result.Violated, Result.Unfinished, Left, run.StateLimit, Result.States, Result.MostStates, Result.Transitions, Result.FinalStates,
        bits, Result.CollisionProbability(bits), Bound, [.. Result.Flaws.Select(f => new ScopeFlawShape(f.Key, f.Value.Programmes, f.Value.First))],
        finding is null ? null : FindingFull.Of(finding));

    private string Verdict => Result.Violated > 0 ? "violated" : Result.Silent == Asked ? "exhausted" : "inconclusive";

    private string Sentence => Verdict switch
    {
        "violated" => "interleavings of some programmes violate an invariant",
        "exhausted" => "no interleaving of any programme violates anything",
        _ => string.Create(CultureInfo.InvariantCulture, $"{(double)Result.Silent / Asked:0.0%} of the programmes were exhausted, and are silent; {(Left > 0 ? "the rest was not run, or" : "the others")} had too many states (--states)"),
    };

    private string Bound
    {
        get
        {
            (int least, int most) = (Scope.Scenes.Min(s => s.Arena.SystemPages), Scope.Scenes.Max(s => s.Arena.SystemPages));
            int device = Scope.Scenes.Max(s => s.Arena.DevicePages), exact = Scope.Scenes.Min(s => s.Arena.ExactOrder);
            string pages = least == most ? $"{most}" : $"{least} to {most}", there = device == 0 ? "" : $" and {device} of device memory";
            return string.Create(CultureInfo.InvariantCulture,
                $"these programmes, in which two CPUs have a turn of one or two calls each after a set-up, with few values of each argument; their accesses in every order, sequentially consistent, under {PolicyName.Of(policy)}, on {pages} pages{there}; exact up to order {exact}, where tails step singly, coarser above; endless waiting of an unfair schedule is not judged; two states of one programme were taken for one with a probability of at most {Result.CollisionProbability(bits):0.0e0} ({bits}-bit keys)");
        }
    }
}

/// <summary>What <c>exhaust --scope --format json</c> prints.</summary>
internal sealed record ScopeShape(
    string Build, string Model, string Verdict, string Policy, string Workload, string ScopeDigest, int ScopeProgrammes, int From, int Programmes,
    int Exhausted, int Violated, int NotFinished, int NotRun, long StateLimit, long States, long MostStates, long Transitions, long FinalStates,
    int HashBits, double CollisionProbability, string Bound, IReadOnlyList<ScopeFlawShape> Flaws, FindingFull? Finding);

internal sealed record ScopeFlawShape(string Invariant, int Programmes, int First);
