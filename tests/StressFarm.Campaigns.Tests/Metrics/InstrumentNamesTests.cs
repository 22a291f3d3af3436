using System.Text.RegularExpressions;

namespace StressFarm.Campaigns.Tests.Metrics;

/// <summary>The page that readers have of the metrics is the list that the product makes them of.</summary>
public partial class InstrumentNamesTests
{
    [Fact]
    public void The_page_says_exactly_what_there_is()
    {
        // | `a`, `b` | counters, label × label | meaning |
        var page = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (Match row in Row().Matches(File.ReadAllText(Path.Combine(RepositoryRoot.Folder, "docs", "metrics.md"))))
            foreach (Match name in Quoted().Matches(row.Groups[1].Value))
                page.Add(name.Groups[1].Value, $"{row.Groups[2].Value.TrimEnd('s')}: {Labels(row.Groups[3].Value)}");
        Assert.Equal(InstrumentNames.All.Select(i => $"{i.Name} {i.Kind.ToString().ToLowerInvariant()}: {string.Join(" × ", i.Labels)}").Order(StringComparer.Ordinal), page.Select(p => $"{p.Key} {p.Value}"));
    }

    [Fact]
    public void Names_follow_the_conventions()
    {
        Assert.Equal(InstrumentNames.All.Count, InstrumentNames.All.Select(i => i.Name).Distinct().Count());
        Assert.Equal(typeof(InstrumentNames).GetFields().Count(f => f.FieldType == typeof(InstrumentName)), InstrumentNames.All.Count + 1);
        foreach (InstrumentName i in InstrumentNames.All)
        {
            Assert.Matches("^stressfarm_[a-z_]+$", i.Name);
            Assert.Equal(i.Kind == InstrumentKind.Counter, i.Name.EndsWith("_total", StringComparison.Ordinal));
            Assert.Equal(i.Unit == "s", i.Name.Replace("_total", "", StringComparison.Ordinal).EndsWith("_seconds", StringComparison.Ordinal));
            Assert.Equal(i.Kind == InstrumentKind.Histogram, i.Buckets.Count > 0);
            Assert.Equal(i.Buckets.Order(), i.Buckets);
            Assert.True(i.Labels.Count <= 2 && i.Description.Length > 0);
        }
    }

    [Fact]
    public void A_design_with_a_bug_in_it_is_custom()
    {
        int planted = 0;
        foreach (KnownBug bug in Catalog<KnownBug>.All)
            foreach (Preset preset in Presets.All)
            {
                Policy design = bug.Plant(preset.Policy);
                // A bug may be nothing but another value of a dimension: that is a design of its own, with or without a name.
                if (design.Deviations == Deviation.None) continue;
                planted++;
                Assert.Equal("custom", Presets.NameOf(design));
            }
        Assert.True(planted > 3 * Presets.All.Count, $"{planted}");
        Assert.All(Presets.All, p => Assert.Equal(p.Id, Presets.NameOf(p.Policy)));
    }

    private static string Labels(string column)
    {
        // "kind `self`, `silo`, `ledger`" is the label kind with its values; "the same" repeats the row before.
        string labels = Regex.Replace(column, " `[^`]*`(, `[^`]*`)*", "").Trim();
        return labels == "the same" ? "kind" : labels;
    }

    [GeneratedRegex(@"^\| (`stressfarm_[^|]*) \| (counters?|gauges?|histograms?)(?:, ([^|]*))? \|", RegexOptions.Multiline)]
    private static partial Regex Row();
    [GeneratedRegex("`([^`]*)`")]
    private static partial Regex Quoted();
}
