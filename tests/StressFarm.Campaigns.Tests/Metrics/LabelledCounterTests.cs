namespace StressFarm.Campaigns.Tests.Metrics;

public sealed class LabelledCounterTests : IDisposable
{
    private static readonly InstrumentName s_name = new("pairs_total", InstrumentKind.Counter, "", "", "a", "b");
    private readonly Collection _collection = new();

    public void Dispose() => _collection.Dispose();

    private LabelledCounter Counter(int most = 4) => new(_collection.Meter, s_name, new LabelOverflows(_collection.Meter), most);

    private string[] Read() => [.. _collection.Read().Select(s => $"{s.Key} {s.Value}")];

    private const string None = "stressfarm_label_overflows_total 0";

    [Fact]
    public void A_pair_is_0_in_its_first_collection_whatever_it_has_counted()
    {
        LabelledCounter counter = Counter();
        Assert.Equal([None], Read());
        Assert.True(counter.Show([("x", "1")]));
        counter.Add("x", "1", 5);
        counter.Add("y", "1", 7);
        Assert.Equal(["pairs_total{a=x,b=1} 0", "pairs_total{a=y,b=1} 0", None], Read());
        Assert.Equal(["pairs_total{a=x,b=1} 5", "pairs_total{a=y,b=1} 7", None], Read());
        counter.Add("x", "1", 1);
        Assert.Equal(["pairs_total{a=x,b=1} 6", "pairs_total{a=y,b=1} 7", None], Read());
    }

    [Fact]
    public void What_does_not_all_fit_is_not_shown_beforehand_and_appears_when_it_is_counted()
    {
        LabelledCounter counter = Counter(most: 4);
        Assert.True(counter.Show([("x", "1"), ("x", "2")]));
        Assert.True(counter.Show([("x", "1"), ("x", "2")]));
        Assert.False(counter.Show([("y", "1"), ("y", "2")]));
        Assert.Equal(3, Read().Length);
        counter.Add("y", "2", 3);
        Read();
        Assert.Contains("pairs_total{a=y,b=2} 3", Read());
    }

    [Fact]
    public void What_finds_no_room_at_all_is_counted_under_other_and_each_such_pair_once_as_an_overflow()
    {
        LabelledCounter counter = Counter(most: 3);
        counter.Add("x", "1", 1);
        counter.Add("x", "2", 2);
        counter.Add("y", "1", 10);
        counter.Add("y", "2", 20);
        counter.Add("y", "1", 100);
        Read();
        Assert.Equal(["pairs_total{a=other,b=other} 130", "pairs_total{a=x,b=1} 1", "pairs_total{a=x,b=2} 2", "stressfarm_label_overflows_total 2"], Read());
    }

    [Fact]
    public void Nothing_is_lost_and_the_limit_holds_when_many_threads_count()
    {
        LabelledCounter counter = Counter(most: 50);
        Parallel.For(0, 8, thread =>
        {
            for (int i = 0; i < 10_000; i++)
            {
                counter.Add($"{i % 20}", $"{i % 7}", 1);
                if (i % 1000 == thread) _ = counter.Show([("s", $"{i}")]);
            }
        });
        lock (_collection) Read();
        IReadOnlyDictionary<string, double> read = _collection.Read();
        Assert.Equal(80_000, read.Sum(s_name));
        Assert.True(read.Count(s => s.Key.StartsWith("pairs_total", StringComparison.Ordinal)) <= 50);
        Assert.True(read["stressfarm_label_overflows_total"] > 0);
    }

    [Fact]
    public void A_value_outside_a_closed_set_is_a_defect()
    {
        var counter = new ClosedCounter(_collection.Meter, InstrumentNames.Results, "accepted", "same");
        counter.Add("same", 2);
        Assert.Throws<ArgumentException>(() => counter.Add("lost"));
        // Born with its count, it would be missed by increase().
        Assert.Equal(["stressfarm_results_total{fate=accepted} 0", "stressfarm_results_total{fate=same} 0"], Read());
        Assert.Equal(["stressfarm_results_total{fate=accepted} 0", "stressfarm_results_total{fate=same} 2"], Read());
    }
}
