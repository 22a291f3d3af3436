namespace StressFarm.Dashboards.Tests;

/// <summary>What the rules know of a query, and of the list of metrics.</summary>
public class PromQlTests
{
    [Fact]
    public void A_query_is_taken_apart()
    {
        PromQl read = PromQl.Read("""1e6 * sum by (policy) (rate(a_total{job=~"$job", x="}("}[$__rate_interval] offset 1w)) / on (job) group_left max without (le) (time() - b > 0) unless c or {__name__=~"d.+"}""");
        Assert.True(read.Balanced);
        Assert.Equal(["a_total", "b", "c", "d.+"], read.Selectors.Select(s => s.Name));
        Assert.Equal(("$__rate_interval", "rate"), (read.Selectors[0].Range, read.Selectors[0].Function));
        Assert.True(read.Selectors[0].Matches("job", "=~", "$job"));
        Assert.True(read.Selectors[0].Matches("x", "=", "}("));
        Assert.Equal((null, "max"), (read.Selectors[1].Range, read.Selectors[1].Function));
        Assert.Equal(["job", "le", "policy"], read.Grouping.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("sum(rate(a[5m])")]
    [InlineData("sum(rate(a[5m])))")]
    [InlineData("a{job=\"x\"")]
    public void An_unbalanced_query_is_seen(string query) => Assert.False(PromQl.Read(query).Balanced);

    [Fact]
    public void The_list_of_metrics_is_read()
    {
        var page = new MetricContract("""
            | `stressfarm_a_total`, `stressfarm_b_total` | counters, policy × workload | two |
            | `stressfarm_c_seconds` | histogram, kind `self`, `silo` | times |
            | `stressfarm_d_total` | counter, the same | more |
            | `stressfarm_e` | gauge | level |
            """);
        Assert.True(page.Find("stressfarm_b_total")!.IsCounter);
        Assert.Equal(["policy", "workload"], page.Find("stressfarm_b_total")!.Labels);
        Assert.Null(page.Find("stressfarm_c_seconds"));
        Assert.Equal(["kind", "le"], page.Find("stressfarm_c_seconds_bucket")!.Labels);
        Assert.Equal(["kind"], page.Find("stressfarm_d_total")!.Labels);
        Assert.False(page.Find("stressfarm_e")!.IsCounter);
        Assert.True(MetricContract.Documented.Names.Count() > 60);
        Assert.Equal(["invariant", "policy"], MetricContract.Documented.Find("stressfarm_violations_total")!.Labels.Order(StringComparer.Ordinal));
    }
}
