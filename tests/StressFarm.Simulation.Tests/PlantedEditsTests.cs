using System.Text.RegularExpressions;

namespace StressFarm.Simulation.Tests;

/// <summary>Every deviation is edits or a named switch, and the kernel's functions keep few switches that the kernel lacks.</summary>
public partial class PlantedEditsTests
{
    /// <summary>Places in Protocols that ask for a deviation. It goes down, never up: what is planted next is an edit.</summary>
    private const int MostSwitches = 19;

    private static readonly Deviation[] s_bits = [.. Enum.GetValues<Deviation>().Where(d => d != Deviation.None)];

    [Fact]
    public void Every_deviation_is_edits_or_a_switch_or_a_value_of_a_dimension()
    {
        Deviation[] dimensions = [.. Catalog<Dimension>.All.OfType<BitDimension>().Select(d => d.Bit)];
        Assert.All(s_bits, bit =>
        {
            bool edits = PlantedEdits.ByBit.ContainsKey(bit), named = PlantedEdits.Switches.ContainsKey(bit);
            Assert.True(edits || named || dimensions.Contains(bit), $"{bit} is nothing");
            Assert.False(named && (edits || dimensions.Contains(bit)), $"{bit} is two things");
        });
        Assert.All(PlantedEdits.ByBit.Keys.Concat(PlantedEdits.Switches.Keys).Concat(dimensions), bit => Assert.Contains(bit, s_bits));
    }

    [Fact]
    public void Protocols_ask_for_no_more_deviations()
    {
        string[] asked = [.. Sources("Protocols").SelectMany(text => Asked().Matches(text)).Select(m => m.Groups[1].Value)];
        Assert.InRange(asked.Length, 1, MostSwitches);
        Assert.All(asked, name => Assert.True(PlantedEdits.Switches.ContainsKey(Enum.Parse<Deviation>(name)), $"{name} is no named switch"));
        Assert.Equal(asked.Length, Sources("Protocols").Sum(text => Mentioned().Count(text)));
    }

    [Fact]
    public void Every_switch_is_asked_for_somewhere()
    {
        string[] asked = [.. new[] { "Protocols", "Operations", "Machines" }.SelectMany(Sources).SelectMany(text => Asked().Matches(text)).Select(m => m.Groups[1].Value).Distinct().Order()];
        Assert.Equal([.. PlantedEdits.Switches.Keys.Select(d => d.ToString()).Order()], asked);
    }

    [Fact]
    public void A_dimension_that_is_a_bit_reads_like_any_other_and_stays_a_bit()
    {
        BitDimension[] dimensions = [.. Catalog<Dimension>.All.OfType<BitDimension>()];
        Assert.All(dimensions, d =>
        {
            Policy policy = Policy.TryParse($"{d.Id}={d.Values[1].Name}", out string error) ?? throw new InvalidOperationException(error);
            Assert.Equal((new Policy { Deviations = d.Bit }, "control"), (policy, policy.ToString()));
            Assert.Equal(Policy.Control, d.With(policy, 0));
        });
        Assert.Equal(dimensions.Length, dimensions.Select(d => d.Bit).Distinct().Count());
        Assert.Equal((HwPoison.AsRead, HvoHead.Kept), ((new HwPoisonDimension().With(Policy.Control, 1)).HwPoison, Policy.Control.HvoHead));
    }

    [Fact]
    public void What_is_planted_together_has_the_edits_of_each()
    {
        Assert.Null(PlantedEdits.Of(Policy.Control));
        Assert.Null(PlantedEdits.Of(new Policy { Deviations = PlantedEdits.Switches.Keys.First() }));
        Policy two = new() { Deviations = Deviation.GupFastNoRecheck | Deviation.InsertPmdKeepsLock };
        Assert.Equal(2, PlantedEdits.Of(two)!.Count);
        Assert.Same(PlantedEdits.Of(two), PlantedEdits.Of(two with { Gup = Gup.Fail }));
    }

    [Fact]
    public void A_mutant_is_an_edit_too()
    {
        EditPlan plan = PlantedEdits.Of(new Policy { Dropped = Step.C6, Deviations = Deviation.InsertPmdKeepsLock })!;
        Assert.Equal(2, plan.Count);
        Assert.NotSame(plan, PlantedEdits.Of(new Policy { Dropped = Step.C6 }));
    }

    [Fact]
    public void The_page_on_extending_quotes_the_table()
    {
        string table = Sources("Policies").Single(text => text.Contains("static class PlantedEdits", StringComparison.Ordinal));
        string page = File.ReadAllText(Path.Combine(Root(), "docs", "extending.md"));
        string[] quoted = Quoted().Match(page).Groups[1].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, quoted.Length);
        Assert.All(quoted, line => Assert.Contains(line, table, StringComparison.Ordinal));
    }

    /// <summary>The texts of a room, wherever under src it lies.</summary>
    private static IEnumerable<string> Sources(string room) => Directory.GetDirectories(Path.Combine(Root(), "src"), room, SearchOption.AllDirectories)
        .SelectMany(d => Directory.GetFiles(d, "*.cs", SearchOption.AllDirectories)).Select(File.ReadAllText);

    private static string Root()
    {
        string? at = AppContext.BaseDirectory;
        while (at is not null && !File.Exists(Path.Combine(at, "StressFarm.sln"))) at = Path.GetDirectoryName(at);
        return at ?? throw new InvalidOperationException("the tests must run inside the source tree");
    }

    [GeneratedRegex(@"[Pp]olicy\.Has\(Deviation\.(\w+)\)")]
    private static partial Regex Asked();

    [GeneratedRegex(@"\bDeviation\.|Policy\.Has\((?!Deviation\.)")]
    private static partial Regex Mentioned();

    [GeneratedRegex("^```cs\n(.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Quoted();
}
