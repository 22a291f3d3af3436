using System.Reflection;

namespace StressFarm.Campaigns.Tests.Metrics;

public sealed class ObservedFarmStoreTests : IDisposable
{
    private readonly Collection _collection = new();

    public void Dispose() => _collection.Dispose();

    /// <summary>A store that answers nothing but this.</summary>
    public class Failing : DispatchProxy
    {
        public Exception Failure { get; set; } = new StoreException("no");
        public List<string> Called { get; } = [];

        protected override object? Invoke(MethodInfo? method, object?[]? args)
        {
            Called.Add(method!.Name);
            return method.Name == nameof(IFarmStore.Shards) ? Rows() : throw Failure;
        }

        private async IAsyncEnumerable<StoredShard> Rows()
        {
            await Task.Yield();
            if (Called.Count > 0) throw Failure;
            yield break;
        }
    }

    private (IFarmStore Store, Failing Inner, StoreInstruments Instruments) Observed()
    {
        IFarmStore inner = DispatchProxy.Create<IFarmStore, Failing>();
        var instruments = new StoreInstruments(_collection.Meter);
        return (new ObservedFarmStore(inner, instruments), (Failing)(object)inner, instruments);
    }

    private static IEnumerable<MethodInfo> Methods => typeof(IFarmStore).GetMethods().Concat(typeof(ICheckpointStore).GetMethods());

    private static async Task Call(IFarmStore store, MethodInfo method)
    {
        object? answer = method.Invoke(store, [.. method.GetParameters().Select(p => p.ParameterType.IsValueType ? Activator.CreateInstance(p.ParameterType) : null)]);
        if (answer is IAsyncEnumerable<StoredShard> rows)
            await foreach (StoredShard _ in rows) { }
        else await (Task)answer!;
    }

    [Fact]
    public async Task Every_call_goes_through_and_is_timed_and_an_error_is_counted_and_thrown_on()
    {
        var (store, inner, _) = Observed();
        int calls = 0;
        _collection.Read();
        foreach (MethodInfo method in Methods)
        {
            await Assert.ThrowsAsync<StoreException>(() => Call(store, method));
            Assert.Equal(method.Name, inner.Called[^1]);
            IReadOnlyDictionary<string, double> read = _collection.Read();
            Assert.Equal((++calls, calls), (read.Sum(InstrumentNames.StoreDuration), read.Sum(InstrumentNames.StoreErrors)));
        }
        Assert.True(calls > 20);
        // No operation is left out, and none but these six is there.
        Assert.Equal(StoreInstruments.Operations.Select(o => $"stressfarm_store_errors_total{{operation={o}}}").Order(StringComparer.Ordinal), _collection.Read().Keys.Where(k => k.Contains("errors", StringComparison.Ordinal)));
        Assert.All(_collection.Read().Values, v => Assert.True(v > 0));
        Assert.Equal(Enum.GetNames<StoreOperation>().Select(n => n.ToLowerInvariant()), StoreInstruments.Operations);
    }

    [Fact]
    public async Task A_refusal_is_an_answer()
    {
        var (store, inner, _) = Observed();
        foreach (Exception refusal in (Exception[])[new StaleTermException("C", 1), new StaleSectionException("C", 1, 1), new OperationCanceledException()])
        {
            inner.Failure = refusal;
            await Assert.ThrowsAsync(refusal.GetType(), () => store.Find("C", default));
        }
        Assert.Equal((3, 0), (_collection.Read().Sum(InstrumentNames.StoreDuration), _collection.Read().Sum(InstrumentNames.StoreErrors)));
    }
}
