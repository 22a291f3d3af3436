using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using StressFarm.Farm.Tests.Watching;

namespace StressFarm.Farm.Tests.Pictures;

/// <summary>The drawing itself, on made-up data; WatchingTests draws what a real Prometheus has.</summary>
public partial class PictureTests
{
    private const string MadeUpCaption = "made-up data";

    [Fact]
    public void Every_dashboard_can_be_drawn_and_the_same_data_give_the_same_bytes()
    {
        IReadOnlyList<Dashboard> dashboards = Dashboard.All(Repository.Dashboards);
        Assert.NotEmpty(dashboards);
        foreach (Dashboard dashboard in dashboards)
        {
            string picture = Draw(dashboard);
            Assert.Equal(picture, Draw(dashboard));
            XElement[] texts = [.. XDocument.Parse(picture).Descendants().Where(e => e.Name.LocalName == "text")];
            Assert.Contains(texts, t => t.Value == MadeUpCaption);
            Assert.DoesNotContain(texts, t => t.Value == "No data");
            foreach (Panel panel in dashboard.Panels) Assert.Contains(texts, t => t.Value == panel.Title || t.Value.EndsWith('…') && panel.Title.StartsWith(t.Value[..^1], StringComparison.Ordinal));
            if (Environment.GetEnvironmentVariable("STRESSFARM_PICTURES_MADE_UP") is { Length: > 0 } folder) File.WriteAllText(Path.Combine(folder, $"{dashboard.Name}.svg"), picture);
        }
    }

    [Fact]
    public void Points_lie_where_their_values_are()
    {
        const string Json = """
            {"title": "T", "panels": [{"type": "timeseries", "title": "P", "gridPos": {"x": 0, "y": 0, "w": 24, "h": 10}, "options": {"legend": {"showLegend": false}},
             "fieldConfig": {"defaults": {"unit": "percentunit", "min": 0, "max": 1}}, "targets": [{"refId": "A", "expr": "x", "legendFormat": "{{a}} & <b>"}]}]}
            """;
        Dashboard dashboard = Dashboard.Parse("t", Json);
        var series = new Series(new Dictionary<string, string> { ["a"] = "v" }, [(0, 0), (50, 1), (100, 0.5)]);
        PanelSeries[] drawn = [.. PanelData.Of(dashboard.Panels[0], dashboard.Panels[0].Targets[0], [series])];
        Assert.Equal("v & <b>", Assert.Single(drawn).Name);
        XDocument picture = XDocument.Parse(DashboardPicture.Draw(dashboard, [new PanelData(dashboard.Panels[0], drawn, 0, 100, 50)], "note"));
        double[][] points = [.. picture.Descendants().Single(e => e.Name.LocalName == "polyline").Attribute("points")!.Value.Split(' ').Select(p => p.Split(',').Select(n => double.Parse(n, CultureInfo.InvariantCulture)).ToArray())];
        Assert.Equal(points[2][0] - points[1][0], points[1][0] - points[0][0], 0.2);
        Assert.Equal(points[0][1] - points[1][1], 2 * (points[0][1] - points[2][1]), 0.3);
        Assert.True(points[1][1] < points[0][1], "1 is above 0");
        string[] texts = [.. picture.Descendants().Where(e => e.Name.LocalName == "text").Select(e => e.Value)];
        Assert.Contains("100 %", texts);
        Assert.Contains("0 %", texts);
    }

    [Fact]
    public void A_panel_without_data_says_so_and_one_that_cannot_be_drawn_is_refused()
    {
        Dashboard dashboard = Dashboard.Parse("t", """{"title": "T", "panels": [{"type": "stat", "title": "P", "gridPos": {"x": 0, "y": 0, "w": 4, "h": 4}}]}""");
        Assert.Contains(">No data<", DashboardPicture.Draw(dashboard, [new(dashboard.Panels[0], [], 0, 1, 1)], ""), StringComparison.Ordinal);
        Dashboard strange = Dashboard.Parse("t", """{"title": "T", "panels": [{"type": "piechart", "title": "P", "gridPos": {"x": 0, "y": 0, "w": 4, "h": 4}, "targets": [{"refId": "A", "expr": "x"}]}]}""");
        Assert.Throws<FormatException>(() => Draw(strange));
    }

    [Theory]
    [InlineData(1_234_567, "short", "1.23 M")]
    [InlineData(999, "short", "999")]
    [InlineData(0, "cps", "0/s")]
    [InlineData(1234.5, "cps", "1.23 K/s")]
    [InlineData(0.0321, "s", "32.1 ms")]
    [InlineData(0.00000045, "s", "450 ns")]
    [InlineData(5400, "s", "90 min")]
    [InlineData(0.756, "percentunit", "75.6 %")]
    [InlineData(1536, "bytes", "1.5 KiB")]
    [InlineData(2_500_000, "Bps", "2.5 MB/s")]
    [InlineData(1234567, "locale", "1,234,567")]
    [InlineData(-5, "none", "-5")]
    [InlineData(6656.4, "none", "6,656")]
    [InlineData(90_000, "dateTimeFromNow", "10 s ago")]
    public void Units_are_written_as_a_reader_wants_them(double value, string unit, string text) => Assert.Equal(text, Units.Format(value, unit, null, now: 100));

    [Theory]
    [InlineData(0, 87, "none", 0, 100, 5)]
    [InlineData(0, 3.2, "none", 0, 4, 4)]
    [InlineData(0, 1000, "bytes", 0, 1024, 4)]
    [InlineData(0, 170, "s", 0, 180, 3)]
    [InlineData(0, 0.17, "s", 0, 0.2, 4)]
    public void An_axis_has_round_steps(double least, double most, string unit, double from, double to, int lines)
    {
        var scale = new Scale(least, most, Units.RoundnessOf(unit), log: false, lines);
        Assert.Equal((from, to), (scale.Least, scale.Most));
        Assert.Equal((0, 1), (scale.Share(from), scale.Share(to)));
    }

    private static string Draw(Dashboard dashboard)
    {
        IEnumerable<PanelData> data = dashboard.Panels.Select(p => new PanelData(p, [.. p.Targets.SelectMany((t, i) => PanelData.Of(p, t, MadeUp(t, i + p.X + p.Y)))], 1000, 1240, 3));
        return DashboardPicture.Draw(dashboard, [.. data], "", MadeUpCaption);
    }

    /// <summary>For each label that a query keeps, three values.</summary>
    private static List<Series> MadeUp(Target target, int salt)
    {
        string[] by = By().Match(target.Expression) is { Success: true } m ? m.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries) : [];
        var sets = new List<Dictionary<string, string>> { new() };
        foreach (string label in by.Where(l => l != "le"))
            sets = [.. sets.SelectMany(s => Enumerable.Range(1, 3).Select(i => new Dictionary<string, string>(s) { [label] = $"{label}-{i}" }))];
        return [.. sets.Select((labels, i) => new Series(labels, [.. Enumerable.Range(0, target.Instant ? 1 : 80).Select(t => (1000.0 + (target.Instant ? 240 : 3 * t), (1 + i + salt) * (2 + Math.Sin(t / 8.0 + i))))]))];
    }

    [GeneratedRegex(@"\bby \(([^)]*)\)")]
    private static partial Regex By();
}
