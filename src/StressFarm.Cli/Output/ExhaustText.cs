using System.Globalization;
using StressFarm.Campaigns;
using StressFarm.Cli.Hosting;
using StressFarm.Exploration;
using StressFarm.Exploration.Evidence;
using StressFarm.Exploration.Exhaustive;

namespace StressFarm.Cli.Output;

/// <summary>A search of one programme as text and as JSON: what is run, what it came to, and how far the claim reaches.</summary>
/// <param name="bits">of the keys that states are told apart by</param>
/// <param name="preemptions">of a schedule, at most; null for any</param>
internal sealed class ExhaustText(CliHost host, Cell cell, ulong seed, Programme programme, int bits, int? preemptions)
{
    public void WriteProgramme()
    {
        host.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"stressfarm {BuildInfo.Build} | model {ModelVersion.Current} | exhaust | policy {PolicyName.Of(cell.Policy)} | workload {cell.Workload.Id} | seed {seed} | {cell.Geometry.Pages} pages, {Numbers.Of(programme.Arena.Cpus, "CPU")}"));
        WriteCalls("set-up", programme.Setup);
        for (int cpu = 0; cpu < programme.Arena.Cpus; cpu++) WriteCalls($"CPU{cpu}", programme.Cpu(cpu));
        host.Out.Flush();
    }

    private void WriteCalls(string who, IReadOnlyList<OpCall> calls)
    {
        for (int i = 0; i < calls.Count; i++) host.Out.WriteLine($"  {(i == 0 ? who : ""),-8}{calls[i]}");
    }

    public static string Progress(SearchResult so) =>
        $"{Numbers.Short(so.States)} states, {Numbers.Short(so.Transitions)} transitions, {Numbers.Short(so.FinalStates)} final, {Mebibytes(so.Bytes)}";

    public static string Progress(ShortestResult so) =>
        $"violated; of the schedules that do it, none has fewer than {Numbers.Of(so.NotBelow, "context switch", "es")}, and one has {so.Switches}; {Numbers.Short(so.Transitions)} transitions, {Mebibytes(so.Bytes)}; interrupted, that one is shown";

    public void WriteVerdict(SearchResult result, ShortestResult? shortest, Finding? finding, TimeSpan took)
    {
        host.Out.WriteLine($"{Verdict(result)}: {Sentence(result)}");
        host.Out.WriteLine($"  {Numbers.Of(result.States, "state")}, {Numbers.Grouped(result.FinalStates)} of them final; {Numbers.Of(result.Transitions, "transition")} on {Numbers.Of(result.Executions, "path")}, the longest of {Numbers.Of(result.Depth, "step")}; {Numbers.Duration(took)}, {Mebibytes(result.Bytes)}");
        if (shortest is not null) host.Out.WriteLine($"  {Shortness(shortest)}");
        host.Out.WriteLine($"bound: {Bound(result)}");
        if (finding is null) return;
        host.Out.WriteLine();
        FindingText.WriteFull(host.Out, finding);
    }

    public ExhaustShape Shape(SearchResult result, ShortestResult? shortest, Finding? finding) => new(
        BuildInfo.Build, ModelVersion.Current, Verdict(result), PolicyName.Of(cell.Policy), cell.Workload.Id, seed, preemptions, result.States, result.Transitions,
        result.FinalStates, result.Executions, result.Depth, bits, result.CollisionProbability(bits), Bound(result), shortest?.Switches, shortest?.Steps,
        shortest is null ? null : shortest.End == SearchEnd.Violated, finding is null ? null : FindingFull.Of(finding));

    private static string Mebibytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 20):0.0} MiB");

    private static string Verdict(SearchResult result) => result.End switch
    {
        SearchEnd.Exhausted => "exhausted",
        SearchEnd.Violated => "violated",
        _ => "inconclusive",
    };

    private string Sentence(SearchResult result) => result.End switch
    {
        SearchEnd.Exhausted when preemptions is not null => $"no {Interleaving} violates anything; others were not run",
        SearchEnd.Exhausted => "no interleaving violates anything",
        SearchEnd.Violated => result.States == 0 ? "the set-up violates an invariant" : "an interleaving violates an invariant",
        SearchEnd.OutOfTime => $"the time ended before every {Interleaving} was run (--for)",
        SearchEnd.OutOfMemory => $"the memory ended before every {Interleaving} was run (--memory)",
        _ => $"interrupted before every {Interleaving} was run",
    };

    private string Interleaving => preemptions is { } most ? $"interleaving with at most {Numbers.Of(most, "preemption")}" : "interleaving";

    /// <summary>How short the schedule of the finding is beside others of its programme.</summary>
    private static string Shortness(ShortestResult shortest)
    {
        string length = $"{Numbers.Of(shortest.Switches, "context switch", "es")}, {Numbers.Of(shortest.Steps, "step")}";
        return shortest.End switch
        {
            SearchEnd.Violated => $"{length}: no schedule of this programme has fewer and violates anything",
            SearchEnd.OutOfTime => $"{length}: not proven to be the fewest, since the time ended (--for)",
            SearchEnd.OutOfMemory => $"{length}: not proven to be the fewest, since the memory ended (--memory)",
            _ => $"{length}: not proven to be the fewest, since it was interrupted",
        };
    }

    private string Bound(SearchResult result)
    {
        Arena arena = programme.Arena;
        string device = arena.DeviceOrder < 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" and {arena.DevicePages} of device memory");
        string which = preemptions is { } most
            ? $"schedule with at most {Numbers.Of(most, "preemption")} (switches away from a CPU that could still step; others were not run)" : "order";
        string memory = cell.Policy.MemoryModel switch
        {
            MemoryModel.Sc => "sequentially consistent",
            MemoryModel.Tso => "each CPU's stores seen by others later, in their order (TSO)",
            _ => "stores seen by others later and loads early, as far as barriers allow (WEAK)",
        };
        return string.Create(CultureInfo.InvariantCulture,
            $"this programme's accesses in every {which}, {memory}, under {PolicyName.Of(cell.Policy)}, on {arena.SystemPages} pages{device}; exact up to order {arena.ExactOrder}, where tails step singly, coarser above; endless waiting of an unfair schedule is not judged; two states were taken for one with a probability of at most {result.CollisionProbability(bits):0.0e0} ({bits}-bit keys)");
    }
}

/// <summary>What <c>exhaust --format json</c> prints.</summary>
/// <param name="Preemptions">of a schedule, at most; null where all were run</param>
/// <param name="Switches">context switches of the shortest violating schedule that is known; null where none is</param>
/// <param name="Shortest">no violating schedule of the programme has fewer switches, or as many and fewer steps</param>
internal sealed record ExhaustShape(
    string Build, string ModelVersion, string Verdict, string Policy, string Workload, ulong Seed, int? Preemptions, long States, long Transitions, long FinalStates, long Paths,
    int Depth, int HashBits, double CollisionProbability, string Bound, int? Switches, int? Steps, bool? Shortest, FindingFull? Finding);
