using System.Globalization;
using StressFarm.Campaigns;
using StressFarm.Cli.Hosting;
using StressFarm.Exploration;
using StressFarm.Exploration.Evidence;
using StressFarm.Exploration.Exhaustive;

namespace StressFarm.Cli.Output;

/// <summary>A search of one programme as text and as JSON: what is run, what it came to, and how far the claim reaches.</summary>
internal sealed class ExhaustText(CliHost host, Cell cell, ulong seed, Programme programme, bool wide)
{
    private int Bits => wide ? 128 : 64;

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

    public static void Progress(CliHost host, SearchResult so, TimeSpan elapsed)
    {
        try
        {
            host.Error.WriteLine($"[{Numbers.Duration(elapsed)}] {Numbers.Short(so.States)} states, {Numbers.Short(so.Transitions)} transitions, {Numbers.Short(so.FinalStates)} final, {Mebibytes(so.Bytes)}");
            host.Error.Flush();
        }
        catch (IOException)
        {
            // Standard error was closed: the search goes on without its progress.
        }
    }

    public void WriteVerdict(SearchResult result, Finding? finding, TimeSpan took)
    {
        host.Out.WriteLine($"{Verdict(result)}: {Sentence(result)}");
        host.Out.WriteLine($"  {Numbers.Of(result.States, "state")}, {Numbers.Grouped(result.FinalStates)} of them final; {Numbers.Of(result.Transitions, "transition")} on {Numbers.Of(result.Executions, "path")}, the longest of {Numbers.Of(result.Depth, "step")}; {Numbers.Duration(took)}, {Mebibytes(result.Bytes)}");
        host.Out.WriteLine($"bound: {Bound(result)}");
        if (finding is null) return;
        host.Out.WriteLine();
        FindingText.WriteFull(host.Out, finding);
    }

    public ExhaustShape Shape(SearchResult result, Finding? finding) => new(
        BuildInfo.Build, ModelVersion.Current, Verdict(result), PolicyName.Of(cell.Policy), cell.Workload.Id, seed, result.States, result.Transitions,
        result.FinalStates, result.Executions, result.Depth, Bits, result.CollisionProbability(Bits), Bound(result), finding is null ? null : FindingFull.Of(finding));

    private static string Mebibytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 20):0.0} MiB");

    private static string Verdict(SearchResult result) => result.End switch
    {
        SearchEnd.Exhausted => "exhausted",
        SearchEnd.Violated => "violated",
        _ => "inconclusive",
    };

    private static string Sentence(SearchResult result) => result.End switch
    {
        SearchEnd.Exhausted => "no interleaving violates anything",
        SearchEnd.Violated => "an interleaving violates an invariant; others were not looked for",
        SearchEnd.OutOfTime => "the time ended before every interleaving was run (--for)",
        SearchEnd.OutOfMemory => "the memory ended before every interleaving was run (--memory)",
        _ => "interrupted before every interleaving was run",
    };

    private string Bound(SearchResult result)
    {
        Arena arena = programme.Arena;
        string device = arena.DeviceOrder < 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" and {arena.DevicePages} of device memory");
        return string.Create(CultureInfo.InvariantCulture,
            $"this programme's accesses in every order, sequentially consistent, under {PolicyName.Of(cell.Policy)}, on {arena.SystemPages} pages{device}; exact up to order {arena.ExactOrder}, where tails step singly, coarser above; endless waiting of an unfair schedule is not judged; two states were taken for one with a probability of at most {result.CollisionProbability(Bits):0.0e0} ({Bits}-bit keys)");
    }
}

/// <summary>What <c>exhaust --format json</c> prints.</summary>
internal sealed record ExhaustShape(
    string Build, string Model, string Verdict, string Policy, string Workload, ulong Seed, long States, long Transitions, long FinalStates, long Paths,
    int Depth, int HashBits, double CollisionProbability, string Bound, FindingFull? Finding);
