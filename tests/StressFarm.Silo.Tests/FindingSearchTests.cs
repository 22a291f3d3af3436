using System.Reflection;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using StressFarm.Grains;
using StressFarm.Silo.Stores;

namespace StressFarm.Silo.Tests;

/// <summary>Findings of many campaigns, asked of grains that answer, fail or never answer.</summary>
public sealed class FindingSearchTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("stressfarm-search-").FullName;
    private readonly Dictionary<string, Func<CancellationToken, Task<Payload?>>> _grains = [];
    private SqliteFarmStore _store = null!;

    public Task InitializeAsync()
    {
        _store = SqliteFarmStore.Open(Path.Combine(_folder, "farm.sqlite"));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private Task<IReadOnlyList<FarmFinding>> Search(int newest = 20) =>
        new FindingSearch(_store, Factory.Of(id => Grain.Of(_grains[id])), NullLogger.Instance).Of(FindingQuery.All, newest, default);

    private async Task Enter(string id, int minute, CampaignState state, Func<CancellationToken, Task<Payload?>> answer)
    {
        _grains[id] = answer;
        await _store.Submit(StoreSamples.Entry(id, minute: minute), 100, default);
        if (state != CampaignState.Running) await _store.SetState(id, await _store.BeginTerm(id, default), state, "", default);
    }

    private static Task<Payload?> Answer(string id) => Task.FromResult<Payload?>(new(JsonSerializer.SerializeToUtf8Bytes<IReadOnlyList<FindingSummary>>(
        [new("", id, "I12b", "", "control", "mixed", 1, 0, 1, "")], FarmJson.Default.IReadOnlyListFindingSummary)));

    [Fact]
    public async Task The_newest_are_asked_and_all_that_are_active_however_old()
    {
        await Enter("C-old-soak", 0, CampaignState.Running, _ => Answer("soak"));
        await Enter("C-old-paused", 1, CampaignState.Paused, _ => Answer("paused"));
        await Enter("C-old-done", 2, CampaignState.Done, _ => Answer("old"));
        // One that was cancelled has violations that nobody worked up.
        await Enter("C-cancelled", 3, CampaignState.Cancelled, _ => Answer("cancelled"));
        await Enter("C-failed", 4, CampaignState.Failed, _ => Answer("failed"));
        await Enter("C-new", 5, CampaignState.Running, _ => Answer("new"));
        Assert.Equal(["new", "failed", "cancelled", "paused", "soak"], (await Search(newest: 3)).Select(f => f.Finding.Signature));
        Assert.Equal(["new", "failed", "cancelled", "old", "paused", "soak"], (await Search()).Select(f => f.Finding.Signature));
    }

    [Fact]
    public async Task Who_does_not_answer_is_left_out_and_hides_no_other()
    {
        await Enter("C-1", 1, CampaignState.Running, _ => throw new StoreException("gone"));
        await Enter("C-2", 2, CampaignState.Running, _ => Answer("two"));
        await Enter("C-3", 3, CampaignState.Running, _ => Task.FromException<Payload?>(new NotSupportedException("an older build has no such call")));
        await Enter("C-4", 4, CampaignState.Done, _ => Task.FromResult<Payload?>(null));
        Assert.Equal(["two"], (await Search()).Select(f => f.Finding.Signature));
    }

    [Fact]
    public async Task As_many_as_are_asked_at_once_hang_and_the_others_are_asked_all_the_same()
    {
        for (int i = 0; i < 4; i++) await Enter($"C-{i}", 9, CampaignState.Running, _ => new TaskCompletionSource<Payload?>().Task);
        await Enter("C-4", 1, CampaignState.Running, _ => Answer("the other"));
        Assert.Equal(["the other"], (await Search()).Select(f => f.Finding.Signature));
    }

    /// <summary>No finding is another thing than no answer.</summary>
    [Fact]
    public async Task When_nobody_answers_the_farm_does_not()
    {
        Assert.Empty(await Search());
        await Enter("C-1", 1, CampaignState.Running, _ => throw new StoreException("gone"));
        await Assert.ThrowsAsync<TimeoutException>(() => Search());
    }

    [Fact]
    public async Task A_few_are_asked_at_once()
    {
        int asked = 0, most = 0;
        for (int i = 0; i < 30; i++)
            await Enter($"C-{i}", i, CampaignState.Running, async _ =>
            {
                int now = Interlocked.Increment(ref asked);
                for (int seen = most; now > seen; seen = most) Interlocked.CompareExchange(ref most, now, seen);
                await Task.Delay(5);
                Interlocked.Decrement(ref asked);
                return null;
            });
        Assert.Empty(await Search(30));
        Assert.InRange(most, 2, 4);
    }

    /// <summary>Gives grains by their key.</summary>
    public class Factory : DispatchProxy
    {
        private Func<string, IFindingsGrain> _grain = null!;

        public static IGrainFactory Of(Func<string, IFindingsGrain> grain)
        {
            IGrainFactory factory = Create<IGrainFactory, Factory>();
            ((Factory)(object)factory)._grain = grain;
            return factory;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => _grain((string)args![0]!);
    }

    public class Grain : DispatchProxy
    {
        private Func<CancellationToken, Task<Payload?>> _answer = null!;

        public static IFindingsGrain Of(Func<CancellationToken, Task<Payload?>> answer)
        {
            IFindingsGrain grain = Create<IFindingsGrain, Grain>();
            ((Grain)(object)grain)._answer = answer;
            return grain;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => _answer((CancellationToken)args![^1]!);
    }
}
