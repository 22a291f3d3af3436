namespace StressFarm.Exploration.Exhaustive;

/// <summary>Searches programmes of a small scope on several threads. What it comes to does not depend on how many they are, unless it is interrupted.</summary>
public sealed class ScopeRun(SmallScope scope, Policy policy, IReadOnlyList<int> numbers)
{
    private readonly Lock _lock = new();
    private int _next = -1;

    public int Workers { get; init; } = 1;
    /// <summary>States of one programme, at most.</summary>
    public long StateLimit { get; init; } = ScopeSearch.DefaultStateLimit;
    /// <summary>Keys of 128 bits.</summary>
    public bool Wide { get; init; }
    public CancellationToken Interrupt { get; init; }

    public IReadOnlyList<int> Numbers => numbers;
    /// <summary>What the programmes that are done have come to.</summary>
    public ScopeResult Result { get; } = new();

    /// <exception cref="NotSupportedException">a programme cannot be searched</exception>
    public void Run() => Task.WhenAll(Enumerable.Range(0, Math.Min(Workers, numbers.Count)).Select(_ => Task.Run(Work, CancellationToken.None))).GetAwaiter().GetResult();

    private void Work()
    {
        ScopeSearch? search = null;
        while (Interlocked.Increment(ref _next) is var at && at < numbers.Count && !Interrupt.IsCancellationRequested)
        {
            search = new ScopeSearch(scope, policy, search) { StateLimit = StateLimit, Wide = Wide, Interrupt = Interrupt };
            if (!search.Run(numbers[at])) return;
            lock (_lock) Result.Add(search.Result);
        }
    }
}
