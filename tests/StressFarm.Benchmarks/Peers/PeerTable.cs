using System.Globalization;

namespace StressFarm.Benchmarks;

/// <summary>The comparison with the peers for people: what a step is in each tool, the rates, and the ratios.</summary>
public static class PeerTable
{
    /// <summary>Measures and prints. 64 where SPIN is missing or a tool did not do what was asked; one line says so.</summary>
    public static int Print(Func<PeerComparison> measure, TextWriter output, TextWriter error)
    {
        try
        {
            Print(measure(), output);
            return 0;
        }
        catch (PeerException e)
        {
            error.WriteLine(e.Message);
            return 64;
        }
    }

    public static void Print(PeerComparison comparison, TextWriter output)
    {
        IReadOnlyList<PeerRound> rounds = comparison.Rounds;
        output.WriteLine(Text($"two CPUs pin pages of an order-3 folio by GUP-fast, one splits it and makes it anew; {rounds.Count} rounds by turns, processor time"));
        output.WriteLine($"{"tool",-21}{"M steps/s",10}  a step is");
        output.WriteLine(Rate("StressFarm", rounds.Select(r => r.StressFarm), "a shared access, checked by all invariants; with set-up, audits and teardown"));
        output.WriteLine(Rate(comparison.SpinVersion, rounds.Select(r => r.Spin), Text($"a statement of the model executed; {comparison.SpinJumps:P0} of them are jumps; without start-up")));
        output.WriteLine(Rate("Coyote " + CoyotePeer.Version, rounds.Select(r => r.Coyote), "a decision of its random strategy: who goes on before a shared access, or which page"));
        output.WriteLine(Ratio("StressFarm / SPIN", comparison.OverSpin));
        output.WriteLine(Ratio("  jumps left out", comparison.OverSpinWithoutJumps));
        output.WriteLine(Ratio("StressFarm / Coyote", comparison.OverCoyote));
    }

    private static string Rate(string tool, IEnumerable<double> rates, string step) =>
        Text($"{tool,-21}{MedianInterval.Of(rates).Median / 1e6,10:F2}  {step}");

    private static string Ratio(string name, MedianInterval of) =>
        Text($"{name,-21}{of.Median,9:F1}x  {of.Low:F1} to {of.High:F1} ({of.Coverage:P0} interval of the median)");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
