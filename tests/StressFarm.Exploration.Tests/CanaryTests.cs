using System.Text.Json;

namespace StressFarm.Exploration.Tests;

/// <summary>
/// Canaries are caught with practical certainty: a schedule shows one with probability p ≥ 0.4, so that one is missed by chance in
/// fewer than one of 10^14 cases.
/// </summary>
public class CanaryTests
{
    private const int Numbers = 256;
    /// <summary>A quarter of the schedules that a canary has.</summary>
    private const int WellWithin = CanaryRunner.MostSchedules / 4;
    private const double LeastShown = 0.4;

    public static TheoryData<string> Ids => [.. Catalog<Canary>.Ids];

    private static CanaryRunner Runner() => new(new Geometry(), new ShardExecutor(new Geometry()));

    [Theory]
    [MemberData(nameof(Ids))]
    public void Each_is_caught_every_time_and_soon(string id)
    {
        CanaryRunner runner = Runner();
        long schedules = 0;
        foreach (CanaryOrder order in Orders(id, planted: true))
        {
            CanaryRecord record = runner.Run(order);
            Assert.True(record.CaughtAt <= WellWithin, $"{id} from seed {order.FirstSeed}: {record}");
            Assert.Equal(record.CaughtAt, record.Schedules);
            Assert.Equal((id, order.Canary.KindName), (record.Id, record.Kind));
            schedules += record.Schedules;
        }
        Assert.True((double)Numbers / schedules >= LeastShown, $"{id} shows in {Numbers} of {schedules} schedules");
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void Its_twin_is_silent(string id)
    {
        CanaryRunner runner = Runner();
        foreach (CanaryOrder order in Orders(id, planted: false).Take(16))
        {
            CanaryRecord record = runner.Run(order);
            Assert.Equal((CanaryRunner.MostSchedules, null, false), (record.Schedules, record.CaughtAt, record.Other));
        }
    }

    [Fact]
    public void The_list_takes_known_bugs_and_mutants_in_turn_and_leaves_none_out()
    {
        Canary[] first = [.. Enumerable.Range(0, 20).Select(i => CanaryList.At(i))];
        Assert.All(first, (canary, i) => Assert.Equal(i % 2 == 0 ? CanaryKind.KnownBug : CanaryKind.Mutant, canary.Kind));
        Assert.Equal(Catalog<Canary>.Ids, first.Select(c => c.Id).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(Catalog<Workload>.All.Where(w => w.Standard).Select(w => w.Id), first.Select(c => c.Workload).Distinct().Order(StringComparer.Ordinal));
        Assert.All(first, canary => Assert.All(canary.Invariants, id => Assert.NotNull(Catalog<Invariant>.Find(id))));
    }

    [Fact]
    public void An_order_is_a_function_of_the_campaigns_seed_and_the_number()
    {
        Assert.Equal(CanaryOrder.Of(7, 3, true), CanaryOrder.Of(7, 3, true));
        ulong[] seeds = [.. Enumerable.Range(0, 4).SelectMany(s => Enumerable.Range(0, 1000).Select(i => CanaryOrder.Of((ulong)s, i, true).FirstSeed))];
        Assert.Equal(seeds.Length, seeds.Distinct().Count());
        Assert.All(seeds, seed => Assert.Equal(0xcacaul, seed >> 48));
    }

    [Theory]
    [InlineData("portfolio")]
    [InlineData("pct")]
    [InlineData("feedback")]
    public void The_shards_of_the_worker_do_not_notice(string strategy)
    {
        var geometry = new Geometry();
        var cell = new Cell(Policy.Control, Catalog<Workload>.Find("gup-pin")!, strategy, geometry, new Dictionary<string, int>());
        GenerationInput? input = strategy == "feedback" ? GenerationInput.Empty(0) : null;
        var alone = new ShardExecutor(geometry);
        var shared = new ShardExecutor(geometry);
        var canaries = new CanaryRunner(geometry, shared);
        for (int i = 0; i < 6; i++)
        {
            canaries.Run(CanaryOrder.Of(1, i, planted: true));
            Assert.Equal(Text(alone.Run(cell, (ulong)i * 64, 64, input)), Text(shared.Run(cell, (ulong)i * 64, 64, input)));
        }
    }

    [Fact]
    public void A_soaks_epochs_do_not_notice()
    {
        var geometry = new Geometry();
        var cell = new Cell(Policy.Control, Catalog<Workload>.Find("mixed")!, "portfolio", geometry, new Dictionary<string, int>());
        SoakSection section = SoakSection.Of(cell, 0, 1, 16);
        var shared = new ShardExecutor(geometry);
        SoakExecutor alone = new(geometry, new ShardExecutor(geometry)), disturbed = new(geometry, shared);
        var canaries = new CanaryRunner(geometry, shared);
        Checkpoint? before = null, also = null;
        for (int epoch = 0; epoch < 4; epoch++)
        {
            canaries.Run(CanaryOrder.Of(1, epoch, planted: true));
            (ShardRecord record, before) = alone.Run(section, epoch, before);
            (ShardRecord other, also) = disturbed.Run(section, epoch, also);
            Assert.Equal(Text(record), Text(other));
        }
    }

    [Fact]
    public void What_came_of_it_does_not_depend_on_the_campaigns_machine_or_on_what_ran_before()
    {
        var small = new Geometry(64, 2);
        var executor = new ShardExecutor(small);
        var own = new CanaryRunner(small, executor);
        executor.Run(new Cell(Policy.Control, Catalog<Workload>.Find("mixed")!, "random", small, new Dictionary<string, int>()), 1, 8);
        for (int i = 0; i < 20; i++)
        {
            CanaryOrder order = CanaryOrder.Of(9, i, planted: true);
            Assert.Equal(Runner().Run(order), own.Run(order));
        }
    }

    [Fact]
    public void The_fingerprint_covers_it_and_the_digest_does_not()
    {
        var record = new ShardRecord(5, 1, 1, [], [], 0, 0);
        var canary = new CanaryRecord("Z01", "known-bug", 3, 100, 3, false);
        Assert.Equal(5ul, record.Fingerprint);
        Assert.DoesNotContain("Canary", Text(record), StringComparison.Ordinal);
        ulong[] prints = [.. new[] { canary, canary with { CaughtAt = null }, canary with { Steps = 101 }, canary with { Other = true }, canary with { Id = "Z02" } }.Select(c => (record with { Canary = c }).Fingerprint)];
        Assert.Equal(6, prints.Append(record.Fingerprint).Distinct().Count());
        ShardRecord back = JsonSerializer.Deserialize<ShardRecord>(Text(record with { Canary = canary }))!;
        Assert.Equal(canary, back.Canary);
    }

    /// <summary>A canary's orders from different numbers, so from different seeds.</summary>
    private static IEnumerable<CanaryOrder> Orders(string id, bool planted)
    {
        Canary canary = Catalog<Canary>.Find(id)!;
        for (int i = 0; i < Numbers; i++) yield return CanaryOrder.Of(1, i, planted) with { Canary = canary };
    }

    private static string Text(ShardRecord record) => JsonSerializer.Serialize(record);
}
