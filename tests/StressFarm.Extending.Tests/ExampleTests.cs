namespace StressFarm.Extending.Tests;

/// <summary>What docs/extending.md adds does what the page says.</summary>
public class ExampleTests
{
    private const int FirstSeeds = 5, Quiet = 4096;
    private const long StepLimit = 5_000_000;

    private static readonly Geometry s_geometry = new(256, 4);
    private static readonly KnownBug s_bug = Catalog<KnownBug>.Find("XZ01")!;

    private static Cell CellOf(Policy policy) =>
        new(policy, Catalog<Workload>.Find("page-owner")!, "portfolio", s_geometry, new Dictionary<string, int>());

    private static Policy PolicyOf(string text) => Policy.TryParse(text, out string error) ?? throw new InvalidOperationException(error);

    internal static Finding Shortest()
    {
        var trial = new BugTrial(s_geometry);
        return trial.Shortest(trial.Try(s_bug, "portfolio", 1, StepLimit))!;
    }

    [Fact]
    public void The_catalogues_have_all_of_it_beside_the_products_own()
    {
        Assert.IsType<ReadPageOwner>(Catalog<Operation>.Find("read_page_owner"));
        Assert.IsType<StepWithinBlock>(Catalog<Invariant>.Find("XI01"));
        Assert.IsType<PageOwnerWork>(Catalog<Workload>.Find("page-owner"));
        Assert.IsType<OrderReadDimension>(Dimension.Order[^1]);
        Assert.Equal("cmp", Dimension.Order[0].Id);
        Assert.NotNull(Catalog<Invariant>.Find("I01"));
        Assert.Equal(Catalog<Invariant>.Ids.Order(StringComparer.Ordinal), Catalog<Invariant>.Ids);
    }

    [Fact]
    public void The_bug_is_caught_from_any_seed_and_its_twin_is_silent()
    {
        BugTrialRow row = new BugTrial(s_geometry).Try(s_bug, "portfolio", FirstSeeds, StepLimit);
        Assert.Equal(FirstSeeds, row.Found.Count());
        Assert.Equal(["XI01"], row.Invariants);
        Assert.Empty(new ShardExecutor(s_geometry).Run(CellOf(s_bug.Twin(Policy.Control)), 1, Quiet).Findings);
    }

    [Theory]
    [InlineData("control", "control", false)]
    [InlineData("order-read=bounded", "control", false)]
    [InlineData("order-read=locked", "order-read=locked", false)]
    [InlineData("order-read=raw", "order-read=raw", true)]
    [InlineData("cmp=rfc,map=skip,order-read=raw", "cmp=rfc,map=skip,order-read=raw", true)]
    public void The_policy_decides(string text, string name, bool violates)
    {
        Policy policy = PolicyOf(text);
        Assert.Equal(name, policy.ToString());
        ShardRecord record = new ShardExecutor(s_geometry).Run(CellOf(policy), 1, Quiet);
        Assert.Equal(violates ? ["XI01"] : [], record.Findings.Select(f => f.Invariant).Distinct());
    }

    [Fact]
    public void Reading_under_the_lock_and_without_it_take_other_steps()
    {
        var executor = new ShardExecutor(s_geometry);
        ShardRecord bounded = executor.Run(CellOf(Policy.Control), 1, Quiet), locked = executor.Run(CellOf(PolicyOf("order-read=locked")), 1, Quiet);
        Assert.True(locked.Steps > bounded.Steps);
        Assert.Equal(bounded, executor.Run(CellOf(Policy.Control), 1, Quiet), (a, b) => a!.Steps == b!.Steps && a.Digest == b.Digest);
    }

    [Fact]
    public void Its_finding_is_small_and_names_the_operation_the_word_and_the_dimension()
    {
        Finding finding = Shortest();
        Assert.Equal(("XI01", "private", "read_page_owner", "ORDER-READ"), (finding.Invariant, finding.Field, finding.Operation, finding.Silencer));
        Assert.Equal(10, finding.Reliability);
        Assert.Contains(finding.Columns, line => line.Contains("read_page_owner", StringComparison.Ordinal));
        Assert.Contains(finding.GuiltyWord, line => line.Contains("folio_alloc_swap", StringComparison.Ordinal));
        Assert.InRange(finding.Switches, 2, 4);
    }

    [Fact]
    public void Its_token_replays_here()
    {
        Finding finding = Shortest();
        ReplayOutcome outcome = Replay.TryRun(finding.Token, out string error) ?? throw new InvalidOperationException(error);
        Assert.True(outcome is { Recurred: true, DigestMatches: true });
        Assert.Equal(finding.Columns, outcome.Finding!.Columns);
        Assert.Equal(OrderRead.Raw, OrderReadDimension.Of(outcome.Cell.Policy));
    }

    [Fact]
    public void What_comes_after_a_catalogue_was_read_is_refused()
    {
        Assert.NotEmpty(Catalog<Workload>.Ids);
        var e = Assert.Throws<InvalidOperationException>(() => Additions.Add(typeof(string).Assembly));
        Assert.Contains("too late", e.Message, StringComparison.Ordinal);
    }
}
