using System.Globalization;

namespace StressFarm.Benchmarks;

/// <summary>
/// <c>--against CHECKOUT [--rounds N] [--page FILE] [WORKLOAD …]</c>: what is faster, and by how much. Beside it the peers, but where
/// workloads are named.
/// </summary>
public static class AgainstCommand
{
    private const int Usage = 64;
    /// <summary>Fewer pairs have no interval of 95 % that leaves anything out.</summary>
    private const int FewestRounds = 6;

    /// <summary>The parts of the page that a run writes.</summary>
    public static readonly string[] Blocks = ["rates", "against", "peers"];

    /// <param name="hasSpin">whether SPIN is here; looked for when not said</param>
    /// <returns>0; 1 when digests differ; 64 when the arguments cannot be used</returns>
    public static int Run(string[] args, TextWriter output, TextWriter error, bool? hasSpin = null)
    {
        string? checkout = null, page = null;
        int rounds = 9;
        var workloads = new List<string>();
        for (int i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--against" when i + 1 < args.Length: checkout = args[++i]; break;
                case "--page" when i + 1 < args.Length: page = args[++i]; break;
                case "--rounds" when i + 1 < args.Length && int.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out rounds): i++; break;
                case var id when Catalog<Workload>.Find(id) is not null: workloads.Add(id); break;
                default: return Refuse(error, $"'{args[i]}' is neither an option with its value nor a workload; there are {string.Join(", ", Catalog<Workload>.Ids)}");
            }
        }
        if (rounds < FewestRounds) return Refuse(error, $"--rounds {rounds}: an interval of 95 % needs at least {FewestRounds} pairs");
        if (page is not null && workloads.Count > 0) return Refuse(error, "--page wants every workload: name none");
        string mine = typeof(AgainstCommand).Assembly.Location, other = Build.AssemblyOf(checkout!);
        if (!File.Exists(other)) return Refuse(error, $"no build of the benchmark in {checkout}; make it with: dotnet build -c Release {Path.Combine(checkout!, "tests", "StressFarm.Benchmarks")}");
        // Before minutes of measuring, not after.
        if (workloads.Count == 0 && !(hasSpin ?? SpinPeer.IsInstalled)) return Refuse(error, SpinPeer.Missing);
        if (page is not null && GeneratedPage.Missing(page, Blocks) is { } missing) return Refuse(error, missing);
        var comparison = new Comparison(() => new Sampler(mine), () => new Sampler(other)) { Rounds = rounds, Workloads = workloads.Count > 0 ? workloads : [.. Catalog<Workload>.Ids] };
        comparison.Run(error);
        string against = string.Join('\n', ComparisonTable.Lines(comparison, Build.Identity(mine), Build.Identity(other)));
        output.WriteLine(against);
        if (workloads.Count > 0) return Verdict(comparison);
        var peers = new StringWriter { NewLine = "\n" };
        if (PeerTable.Print(() => PeerComparison.Measure(), peers, error) != 0) return Usage;
        output.Write(peers);
        if (page is not null)
        {
            error.WriteLine("the rates, for the page");
            var rates = new StringWriter { NewLine = "\n" };
            QuickTable.Print([], rates);
            GeneratedPage.Write(page, ("rates", rates.ToString()), ("against", against), ("peers", peers.ToString()));
        }
        return Verdict(comparison);
    }

    private static int Verdict(Comparison comparison) => comparison.Cells.Any(c => c.Difference is not null) ? 1 : 0;

    private static int Refuse(TextWriter error, string sentence)
    {
        error.WriteLine(sentence);
        return Usage;
    }
}
