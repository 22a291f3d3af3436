using System.Text.Json;
using StressFarm.Silo.Stores;

namespace StressFarm.Silo.Tests;

/// <summary>What every farm store does, run against each of them.</summary>
public abstract class FarmStoreContract : IAsyncLifetime
{
    protected static CancellationToken None => CancellationToken.None;
    protected FarmStore Store { get; private set; } = null!;
    protected StoppedClock Clock { get; } = new(StoreSamples.Noon.AddDays(1));

    /// <summary>A store of its own, empty.</summary>
    protected abstract Task<FarmStore> Open();
    /// <summary>The same store, by another instance, as another silo has it.</summary>
    protected abstract FarmStore OpenAnother();

    public async Task InitializeAsync() => Store = await Open();
    public virtual async Task DisposeAsync() => await Store.DisposeAsync();

    protected async Task<long> Begin(string id = "C-1")
    {
        await Store.Submit(StoreSamples.Entry(id), 100, None);
        return await Store.BeginTerm(id, None);
    }

    private static void SameJson<T>(T expected, T actual) => Assert.Equal(JsonSerializer.Serialize(expected), JsonSerializer.Serialize(actual));

    [Fact]
    public async Task A_campaign_comes_back_as_it_was_entered_and_is_entered_once()
    {
        CampaignEntry entry = StoreSamples.Entry("C-1");
        Assert.Same(entry, await Store.Submit(entry, 1, None));
        Assert.Equal(entry, await Store.Find("C-1", None));
        Assert.Equal(entry, await Store.Submit(entry with { Name = "other" }, 1, None));
        Assert.Null(await Store.Find("C-2", None));
        CampaignEntry unbounded = StoreSamples.Entry("C-2") with { Budget = null };
        Assert.NotNull(await Store.Submit(unbounded, 9, None));
        Assert.Equal(unbounded, await Store.Find("C-2", None));
    }

    [Fact]
    public async Task A_full_farm_takes_no_new_campaign_and_still_knows_the_old_ones()
    {
        await Store.Submit(StoreSamples.Entry("C-1"), 2, None);
        await Store.Submit(StoreSamples.Entry("C-2", CampaignState.Paused), 2, None);
        Assert.Null(await Store.Submit(StoreSamples.Entry("C-3"), 2, None));
        Assert.Null(await Store.Find("C-3", None));
        Assert.NotNull(await Store.Submit(StoreSamples.Entry("C-2"), 2, None));
        await Store.SetState("C-1", await Store.BeginTerm("C-1", None), CampaignState.Done, "", None);
        Assert.NotNull(await Store.Submit(StoreSamples.Entry("C-3"), 2, None));
    }

    [Fact]
    public async Task Of_many_submitted_at_once_no_more_get_in_than_may()
    {
        await using FarmStore other = OpenAnother();
        CampaignEntry?[] entered = await Task.WhenAll(Enumerable.Range(0, 24)
            .Select(i => (i % 2 == 0 ? Store : other).Submit(StoreSamples.Entry($"C-{i / 2 % 8}"), 5, None)));
        Assert.Equal(5, (await Store.Active(None)).Count);
        Assert.Contains(entered, e => e is null);
    }

    [Fact]
    public async Task Lists_are_in_order_and_bounded()
    {
        for (int i = 0; i < 5; i++) await Store.Submit(StoreSamples.Entry($"C-{i}", i == 2 ? CampaignState.Failed : CampaignState.Running, minute: i), 100, None);
        Assert.Equal(["C-4", "C-3", "C-2"], (await Store.List(3, None)).Select(c => c.Id));
        Assert.Equal(["C-0", "C-1", "C-3", "C-4"], (await Store.Active(None)).Select(c => c.Id));
    }

    [Fact]
    public async Task A_state_tells_when_the_campaign_finished()
    {
        long term = await Begin();
        await Store.SetState("C-1", term, CampaignState.Cancelled, "by \0 request \ud800", None);
        CampaignEntry? entry = await Store.Find("C-1", None);
        Assert.Equal((CampaignState.Cancelled, "by \ufffd request \ufffd", (DateTimeOffset?)Clock.Now), (entry!.State, entry.Reason, entry.Finished));
        await Store.SetState("C-1", term, CampaignState.Running, "", None);
        Assert.Null((await Store.Find("C-1", None))!.Finished);
    }

    [Fact]
    public async Task Terms_grow_and_are_never_given_twice()
    {
        await Begin();
        await using FarmStore other = OpenAnother();
        long[] terms = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => (i % 2 == 0 ? Store : other).BeginTerm("C-1", None)));
        Assert.Equal(Enumerable.Range(2, 20).Select(i => (long)i), terms.Order());
        Assert.Equal(21, (await Store.Find("C-1", None))!.Term);
    }

    /// <summary>Each method that takes a term, by name, with a call that would change something.</summary>
    private static readonly Dictionary<string, Func<IFarmStore, long, Task>> Fenced = new()
    {
        [nameof(IFarmStore.SetState)] = (s, t) => s.SetState("C-1", t, CampaignState.Failed, "stale", None),
        [nameof(IFarmStore.SaveCounts)] = (s, t) => s.SaveCounts("C-1", t, new(1, 2, 3, 4, ["stale"]), None),
        [nameof(IFarmStore.SaveLeases)] = (s, t) => s.SaveLeases("C-1", t, [StoreSamples.Lease(9, 9)], ["x/1"], None),
        [nameof(IFarmStore.Record)] = (s, t) => s.Record("C-1", t, [StoreSamples.Result(1, 1)], None),
        [nameof(IFarmStore.RecordWorkup)] = (s, t) => s.RecordWorkup("C-1", t, "x/1", StoreSamples.Workup(1), None),
        [nameof(IFarmStore.RecordVerification)] = (s, t) => s.RecordVerification("C-1", t, "x/1", StoreSamples.Verification(1), None),
        [nameof(IFarmStore.SaveReport)] = (s, t) => s.SaveReport("C-1", t, [1], [2], None),
    };

    [Fact]
    public void Every_method_that_takes_a_term_is_in_the_list_of_fenced_ones() => Assert.Equal(
        typeof(IFarmStore).GetMethods().Where(m => m.GetParameters().Any(p => p.Name == "term")).Select(m => m.Name).Order(), Fenced.Keys.Order());

    [Fact]
    public async Task An_old_term_is_refused_by_every_write_and_changes_nothing()
    {
        long old = await Begin();
        await Store.SaveLeases("C-1", old, [StoreSamples.Lease(1, 1)], [], None);
        long term = await Store.BeginTerm("C-1", None);
        string before = await Everything();
        foreach (var (name, write) in Fenced)
        {
            await Assert.ThrowsAsync<StaleTermException>(() => write(Store, old));
            await Assert.ThrowsAsync<StaleTermException>(() => write(Store, term + 1));
            Assert.True(before == await Everything(), $"{name} under an old term changed something");
        }
        // The control: under its own term every one of them does change something.
        foreach (var (name, write) in Fenced)
        {
            before = await Everything();
            await write(Store, term);
            Assert.True(before != await Everything(), $"{name} changes nothing");
            await Store.SaveLeases("C-1", term, [StoreSamples.Lease(1, 1)], [], None);
        }
        await Assert.ThrowsAsync<StaleTermException>(() => Store.SaveReport("C-none", 1, [], [], None));
        await Assert.ThrowsAsync<StaleTermException>(() => Store.BeginTerm("C-none", None));
    }

    private async Task<string> Everything() => JsonSerializer.Serialize<object?[]>(
    [
        await Store.Find("C-1", None), await Store.Counts("C-1", None), await Store.Leases("C-1", None), await Store.Shards("C-1", None).ToListAsync(),
        await Store.Workups("C-1", None), await Store.Verifications("C-1", None), (await Store.Report("C-1", None))?.Json,
    ]);

    [Fact]
    public async Task After_a_new_term_began_not_one_write_of_the_old_one_gets_in()
    {
        long old = await Begin();
        await using FarmStore other = OpenAnother();
        long[] written = new long[1];
        Task writer = Task.Run(async () =>
        {
            for (long i = 0; ; i++)
            {
                await Store.Record("C-1", old, [StoreSamples.Result(i, 1)], None);
                Volatile.Write(ref written[0], i + 1);
            }
        });
        while (Volatile.Read(ref written[0]) < 20 && !writer.IsCompleted) await Task.Delay(1);
        await other.BeginTerm("C-1", None);
        int there = (await other.Lines("C-1", 0, int.MaxValue, None)).Count;
        await Assert.ThrowsAsync<StaleTermException>(() => writer);
        Assert.Equal(there, (await other.Lines("C-1", 0, int.MaxValue, None)).Count);
        Assert.True(there >= 20);
    }

    [Fact]
    public async Task A_shard_is_recorded_once_and_another_digest_is_told()
    {
        long term = await Begin();
        Assert.Equal([Recorded.Added, Recorded.Added], await Store.Record("C-1", term, [StoreSamples.Result(0, ulong.MaxValue), StoreSamples.Result(1, 0)], None));
        Assert.Equal([Recorded.Same, Recorded.Added, Recorded.Mismatch, Recorded.Same, Recorded.Mismatch],
            await Store.Record("C-1", term, [StoreSamples.Result(1, 0), StoreSamples.Result(2, 7), StoreSamples.Result(0, 1), StoreSamples.Result(2, 7), StoreSamples.Result(2, 8)], None));
        Assert.Equal([ulong.MaxValue, 0UL, 7UL], (await Store.Shards("C-1", None).ToListAsync()).Select(s => s.Record.Digest));
        Assert.Empty(await Store.Record("C-1", term, [], None));
    }

    [Fact]
    public async Task A_record_ends_the_lease_it_was_done_under_and_no_other()
    {
        long term = await Begin();
        await Store.SaveLeases("C-1", term, [StoreSamples.Lease(0, 1), StoreSamples.Lease(1, 2), StoreSamples.WorkUpLease(5, 3)], [], None);
        await Store.Record("C-1", term, [StoreSamples.Result(1, 0)], None);
        Assert.Equal([1L, 3L], (await Store.Leases("C-1", None)).Select(l => l.Epoch));
        await Store.RecordWorkup("C-1", term, StoreSamples.WorkUpLease(5, 3).Work.Key, StoreSamples.Workup(5), None);
        await Store.RecordVerification("C-1", term, "x/0", StoreSamples.Verification(0), None);
        Assert.Empty(await Store.Leases("C-1", None));
    }

    [Fact]
    public async Task Leases_outlive_the_silo_and_are_struck_by_key()
    {
        long term = await Begin();
        Lease[] given = [StoreSamples.Lease(0, 1), StoreSamples.Lease(1, 2), StoreSamples.WorkUpLease(ulong.MaxValue, 3)];
        await Store.SaveLeases("C-1", term, given, [], None);
        await using (FarmStore other = OpenAnother()) Assert.Equal(given, await other.Leases("C-1", None));
        // Taken back and given again in one go, to somebody else; and one that was handed on twice.
        await Store.SaveLeases("C-1", term, [StoreSamples.Lease(0, 5, "silo-9"), StoreSamples.Lease(0, 4)], ["x/0", "x/1"], None);
        Assert.Equal([given[2], StoreSamples.Lease(0, 5, "silo-9")], await Store.Leases("C-1", None));
        await Store.SaveLeases("C-1", term, [StoreSamples.Lease(0, 4)], [], None);
        Assert.Equal(5, (await Store.Leases("C-1", None))[1].Epoch);
        Assert.Empty(await Store.Leases("C-2", None));
    }

    [Fact]
    public async Task Every_record_comes_back_as_it_was()
    {
        long term = await Begin();
        ShardResult[] results = [.. new ulong[] { 0, 1, 1UL << 63, ulong.MaxValue }.Select((d, i) => StoreSamples.Result(i, d, epoch: long.MaxValue - i))];
        await Store.Record("C-1", term, results, None);
        SameJson([.. results.Select(r => new StoredShard(r.Shard.Cell, r.Shard.Number, r.Record) { Holder = r.Holder })], await Store.Shards("C-1", None).ToListAsync());
        IReadOnlyList<(long Index, StoredShard Shard)> some = await Store.Records("C-1", 1, 2, None);
        Assert.Equal([1L, 2L], some.Select(r => r.Index));
        SameJson([.. results[1..3].Select(r => r.Record)], some.Select(r => r.Shard.Record).ToArray());
        Assert.Empty(await Store.Records("C-1", 4, 2, None));
        Assert.Equal(results.Select(r => new LedgerLine(r.Shard.Index, r.Shard.Cell, r.Shard.Number, r.Shard.FirstSeed, r.Shard.Count, r.Record.Schedules,
            r.Record.Steps, r.Record.Digest, r.Epoch, r.Holder, Clock.Now)), await Store.Lines("C-1", 0, 10, None));
        Assert.Equal([2L], (await Store.Lines("C-1", 2, 1, None)).Select(l => l.Index));

        StoredWorkup[] workups = [StoreSamples.Workup(0), StoreSamples.Workup(1UL << 63), StoreSamples.Workup(ulong.MaxValue)];
        foreach (StoredWorkup w in workups.Reverse()) await Store.RecordWorkup("C-1", term, $"u/2/{w.Raw.LowestSeed}", w, None);
        await Store.RecordWorkup("C-1", term, "u/2/0", StoreSamples.Workup(99), None);
        SameJson(workups, [.. await Store.Workups("C-1", None)]);

        await Store.RecordVerification("C-1", term, "v/3", StoreSamples.Verification(3), None);
        await Store.RecordVerification("C-1", term, "v/3", StoreSamples.Verification(3) with { Second = 5 }, None);
        Assert.Equal([StoreSamples.Verification(3)], await Store.Verifications("C-1", None));

        Assert.Same(FarmCounts.None, await Store.Counts("C-1", None));
        FarmCounts counts = new(1, long.MaxValue, 3, 4, ["one \u0000 line", "é"]);
        await Store.SaveCounts("C-1", term, FarmCounts.None, None);
        await Store.SaveCounts("C-1", term, counts, None);
        SameJson(counts, await Store.Counts("C-1", None));

        Assert.Null(await Store.Report("C-1", None));
        await Store.SaveReport("C-1", term, [0, 255], [], None);
        await Store.SaveReport("C-1", term, [0, 255, 1], [7], None);
        var (json, page) = (await Store.Report("C-1", None))!.Value;
        Assert.Equal([0, 255, 1], json);
        Assert.Equal([7], page);
    }

    [Fact]
    public async Task Of_many_writers_of_the_same_shards_just_one_adds_each()
    {
        long term = await Begin();
        await using FarmStore other = OpenAnother();
        IReadOnlyList<Recorded>[] all = await Task.WhenAll(Enumerable.Range(0, 16).Select(w => Task.Run(() =>
        {
            // Each in an order of its own, so that two of them meet from both ends.
            IEnumerable<long> order = Enumerable.Range(0, 40).Select(i => (long)i);
            ShardResult[] batch = [.. (w % 2 == 0 ? order : order.Reverse()).Select(i => StoreSamples.Result(i, (ulong)i))];
            return (w % 4 < 2 ? Store : other).Record("C-1", term, batch, None);
        })));
        Assert.Equal(40, all.Sum(fates => fates.Count(f => f == Recorded.Added)));
        Assert.Equal(15 * 40, all.Sum(fates => fates.Count(f => f == Recorded.Same)));
        Assert.Equal(40, (await Store.Lines("C-1", 0, 1000, None)).Count);
    }

    [Fact]
    public async Task A_large_ledger_is_read_in_order_and_in_bounded_memory()
    {
        const int Shards = 100_000, Batch = 2_000;
        long term = await Begin();
        for (int i = 0; i < Shards; i += Batch)
            await Store.Record("C-1", term, [.. Enumerable.Range(i, Batch).Select(n => StoreSamples.Result(n, (ulong)n))], None);
        long next = 0;
        int most = 0;
        // Every hundredth record; counted are those that the reader still holds. Other tests' memory does not matter to it.
        var seen = new List<WeakReference>();
        await foreach (StoredShard shard in Store.Shards("C-1", None))
        {
            Assert.Equal((ulong)next++, shard.Record.Digest);
            if (next % 100 == 0) seen.Add(new WeakReference(shard.Record));
            if (next % 40_000 != 0) continue;
            GC.Collect();
            most = Math.Max(most, seen.Count(r => r.IsAlive));
        }
        Assert.Equal(Shards, next);
        Assert.InRange(most, 0, 100);
    }

    [Fact]
    public async Task Checkpoints_are_kept_once_and_only_for_the_sections_present_holder()
    {
        long old = await Store.BeginSection("C-1", 3, None);
        Assert.Equal(Recorded.Added, await Store.SaveCheckpoint("C-1", 3, old, 1, [0, 255], "h", "c", false, None));
        Assert.Equal(Recorded.Same, await Store.SaveCheckpoint("C-1", 3, old, 1, [0, 255], "h", "c", false, None));
        Assert.Equal(Recorded.Mismatch, await Store.SaveCheckpoint("C-1", 3, old, 1, [1], "other", "c", false, None));
        Assert.Equal(Recorded.Mismatch, await Store.SaveCheckpoint("C-1", 3, old, 1, [1], "h", "other", false, None));
        long fence = await Store.BeginSection("C-1", 3, None);
        Assert.True(fence > old);
        await Assert.ThrowsAsync<StaleSectionException>(() => Store.SaveCheckpoint("C-1", 3, old, 2, [2], "h", "c", false, None));
        await Assert.ThrowsAsync<StaleSectionException>(() => Store.SaveCheckpoint("C-1", 4, fence, 2, [2], "h", "c", false, None));
        Assert.Null(await Store.LoadCheckpoint("C-1", 3, 2, None));
        var (state, hash, chain) = (await Store.LoadCheckpoint("C-1", 3, 1, None))!.Value;
        Assert.Equal([0, 255], state);
        Assert.Equal(("h", "c"), (hash, chain));
    }

    [Fact]
    public async Task Pruning_leaves_rungs_pins_and_always_the_newest()
    {
        long fence = await Store.BeginSection("C-1", 0, None), other = await Store.BeginSection("C-1", 1, None);
        for (long n = 0; n < 20; n++)
        {
            await Save(0, fence, n, pinBefore: n is 0 or 13);
            await Save(1, other, n, pinBefore: false);
        }
        await Store.PruneCheckpoints("C-1", 0, 10, None);
        Assert.Equal([0L, 1, 3, 7, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19], await Store.CheckpointNumbers("C-1", 0, None));
        await using (FarmStore silo = OpenAnother()) await silo.PruneCheckpoints("C-1", 0, 100, None);
        Assert.Equal([0L, 1, 3, 7, 12, 15, 19], await Store.CheckpointNumbers("C-1", 0, None));
        Assert.Equal([12], (await Store.LoadCheckpoint("C-1", 0, 12, None))!.Value.State);
        Assert.Equal(20, (await Store.CheckpointNumbers("C-1", 1, None)).Count);
    }

    [Fact]
    public async Task A_pin_is_fenced_as_its_checkpoint_is_and_a_second_one_is_no_harm()
    {
        long old = await Store.BeginSection("C-1", 0, None);
        for (long n = 0; n < 6; n++) await Save(0, old, n, pinBefore: false);
        long fence = await Store.BeginSection("C-1", 0, None);
        await Assert.ThrowsAsync<StaleSectionException>(() => Save(0, old, 6, pinBefore: true));
        await Save(0, fence, 6, pinBefore: false);
        // The answer was lost: the same again, which now shows something new to whoever commits it.
        Assert.Equal(Recorded.Same, await Save(0, fence, 5, pinBefore: true));
        Assert.Equal(Recorded.Same, await Save(0, fence, 5, pinBefore: true));
        await Store.PruneCheckpoints("C-1", 0, 100, None);
        Assert.Equal([0L, 1, 3, 4, 6], await Store.CheckpointNumbers("C-1", 0, None));
    }

    protected Task<Recorded> Save(int cell, long fence, long number, bool pinBefore) =>
        Store.SaveCheckpoint("C-1", cell, fence, number, [(byte)number], "h", "c", pinBefore, None);
}

/// <summary>A clock that stands.</summary>
public sealed class StoppedClock(DateTimeOffset now) : TimeProvider
{
    public DateTimeOffset Now => now;
    public override DateTimeOffset GetUtcNow() => now;
}
