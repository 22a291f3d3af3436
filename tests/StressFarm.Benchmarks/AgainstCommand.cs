using System.Globalization;
using StressFarm.Simulation;

namespace StressFarm.Benchmarks;

/// <summary><c>--against CHECKOUT [--rounds N] [WORKLOAD …]</c>.</summary>
public static class AgainstCommand
{
    private const int Usage = 64;
    /// <summary>Fewer pairs have no interval of 95 % that leaves anything to say.</summary>
    private const int FewestRounds = 6;

    /// <returns>0; 1 when digests differ; 64 when the arguments cannot be used</returns>
    public static int Run(string[] args, TextWriter output, TextWriter error)
    {
        string? checkout = null;
        int rounds = 9;
        var workloads = new List<string>();
        for (int i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--against" when i + 1 < args.Length: checkout = args[++i]; break;
                case "--rounds" when i + 1 < args.Length && int.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out rounds): i++; break;
                case var id when Catalog<Workload>.Find(id) is not null: workloads.Add(id); break;
                default: return Refuse(error, $"'{args[i]}' is neither an option with its value nor a workload; there are {string.Join(", ", Catalog<Workload>.Ids)}");
            }
        }
        if (rounds < FewestRounds) return Refuse(error, $"--rounds {rounds}: an interval of 95 % needs at least {FewestRounds} pairs");
        string mine = typeof(AgainstCommand).Assembly.Location, other = Build.AssemblyOf(checkout!);
        if (!File.Exists(other)) return Refuse(error, $"no build of the benchmark in {checkout}; make it with: dotnet build -c Release {Path.Combine(checkout!, "tests", "StressFarm.Benchmarks")}");
        var comparison = new Comparison(mine, other) { Rounds = rounds, Workloads = workloads.Count > 0 ? workloads : [.. Catalog<Workload>.Ids] };
        comparison.Run(error);
        foreach (string line in ComparisonTable.Lines(comparison, Build.Identity(mine), Build.Identity(other))) output.WriteLine(line);
        return comparison.Cells.Any(c => c.Difference is not null) ? 1 : 0;
    }

    private static int Refuse(TextWriter error, string sentence)
    {
        error.WriteLine(sentence);
        return Usage;
    }
}
