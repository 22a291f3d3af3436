using System.Text;
using static StressFarm.Dashboards.Tests.Dashboard;

namespace StressFarm.Dashboards.Tests;

/// <summary>What the panels on searches answer: their queries, asked of counters of two silos by Prometheus' own engine.</summary>
public sealed class SearchPanelTests : IDisposable
{
    /// <summary>An hour of two silos, by the minute; one starts again in the middle. Nobody searches `gup-pin`, and the other job is another farm's.</summary>
    private static readonly (string Series, string Values)[] s_hour =
    [
        (Programmes("a", "folio-split", "exhausted"), "0+1x60"),
        (Programmes("a", "folio-split", "violated"), "0+1x60"),
        (Programmes("a", "folio-split", "inconclusive"), "0x60"),
        (Programmes("b", "folio-split", "exhausted"), "0+1x29 1+1x30"),
        (Programmes("b", "folio-split", "violated"), "0x60"),
        (Programmes("b", "folio-split", "inconclusive"), "0+1x60"),
        (Programmes("a", "migration", "exhausted"), "0+2x60"),
        (Programmes("a", "migration", "violated"), "0x60"),
        (Programmes("a", "migration", "inconclusive"), "0x60"),
        (Programmes("a", "gup-pin", "exhausted"), "0x60"),
        (Programmes("a", "gup-pin", "inconclusive"), "0x60"),
        (Programmes("a", "gup-pin", "exhausted", "other"), "0+100x60"),
        (Of("search_states", "a", "folio-split"), "0+6000x60"),
        (Of("search_states", "b", "folio-split"), "0+3000x29 3000+3000x30"),
        (Of("search_states", "a", "migration"), "0+600x60"),
        (Of("search_states", "a", "gup-pin"), "0x60"),
        (Of("search_states", "a", "gup-pin", "other"), "0+6000x60"),
        (Of("search_transitions", "a", "folio-split"), "0+12000x60"),
        (Of("search_transitions", "b", "folio-split"), "0+6000x29 6000+6000x30"),
        (Of("search_transitions", "a", "migration"), "0+2400x60"),
        (Of("search_transitions", "a", "gup-pin"), "0x60"),
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("stressfarm-panels-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Programmes(string silo, string workload, string verdict, string job = "stressfarm") =>
        $"stressfarm_searched_programmes_total{{job=\"{job}\", instance=\"{silo}:8650\", workload=\"{workload}\", verdict=\"{verdict}\"}}";
    private static string Of(string name, string silo, string workload, string job = "stressfarm") =>
        $"stressfarm_{name}_total{{job=\"{job}\", instance=\"{silo}:8650\", workload=\"{workload}\"}}";

    [NeedsTheory("promtool")]
    [InlineData("Programmes searched, an hour", "verdict=exhausted 240", "verdict=inconclusive 60", "verdict=violated 60")]
    [InlineData("States", "workload=folio-split 150", "workload=migration 10")]
    [InlineData("Transitions per state", "workload=folio-split 2", "workload=migration 4")]
    [InlineData("Share inconclusive", "workload=folio-split 0.25", "workload=migration 0")]
    public void A_panel_answers_what_two_silos_counted(string title, params string[] samples) => Answers(title, s_hour, samples);

    [NeedsTheory("promtool")]
    [InlineData("Programmes searched, an hour", "verdict=exhausted 0", "verdict=inconclusive 0", "verdict=violated 0")]
    [InlineData("States")]
    [InlineData("Transitions per state")]
    [InlineData("Share inconclusive")]
    public void Where_nothing_is_searched_no_share_and_no_ratio_is_made_up(string title, params string[] samples) =>
        Answers(title, s_hour.Where(s => s.Series.Contains("job=\"stressfarm\"", StringComparison.Ordinal)).Select(s => (s.Series, "0x60")), samples);

    /// <summary>Programmes are no schedules: what says how many ran, or how many of them violate, does not ask for both in one sum.</summary>
    [Fact]
    public void No_query_mixes_schedules_and_programmes()
    {
        foreach ((var panel, var target) in Names.SelectMany(n => Load(n).Targets))
        {
            string[] names = [.. PromQl.Read(Expr(target)).Selectors.Select(s => s.Name)];
            Assert.True(!names.Any(n => n.StartsWith("stressfarm_search", StringComparison.Ordinal))
                || names.All(n => n.StartsWith("stressfarm_search", StringComparison.Ordinal)), Where(panel));
        }
    }

    [NeedsFact("promtool")]
    public void Another_answer_is_found_to_be_wrong()
    {
        (int code, string said) = Test("Share inconclusive", s_hour, ["workload=folio-split 0.26", "workload=migration 0"]);
        Assert.NotEqual(0, code);
        Assert.Contains("FAILED", said, StringComparison.Ordinal);
    }

    private void Answers(string title, IEnumerable<(string Series, string Values)> counted, string[] samples)
    {
        (int code, string said) = Test(title, counted, samples);
        Assert.True(code == 0, said);
    }

    private (int Code, string Said) Test(string title, IEnumerable<(string Series, string Values)> counted, string[] samples)
    {
        string query = Substituted(Expr(Assert.Single(Load("campaign").Targets, t => Text(t.Panel["title"]) == title).Target));
        var test = new StringBuilder("evaluation_interval: 1m\ntests:\n  - interval: 1m\n    input_series:\n");
        foreach ((string series, string values) in counted) test.Append($"      - series: '{series}'\n        values: '{values}'\n");
        test.Append($"    promql_expr_test:\n      - expr: '{query}'\n        eval_time: 60m\n        exp_samples:{(samples.Length == 0 ? " []" : "")}\n");
        foreach (string[] sample in samples.Select(s => s.Split('=', ' ')))
            test.Append($"          - labels: '{{{sample[0]}=\"{sample[1]}\"}}'\n            value: {sample[2]}\n");
        string file = Path.Combine(_folder, "panel.yaml");
        File.WriteAllText(file, test.ToString());
        return Promtool.Run("promtool", "test", "rules", file);
    }
}
