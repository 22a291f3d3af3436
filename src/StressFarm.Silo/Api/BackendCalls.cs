namespace StressFarm.Silo.Api;

/// <summary>Every call to the backend has a deadline, whether or not it looks at its cancellation.</summary>
public sealed class BackendCalls(IFarmBackend backend, ApiOptions options)
{
    public Task<T> Ask<T>(Func<IFarmBackend, CancellationToken, Task<T>> call, CancellationToken aborted) => Ask(call, options.BackendDeadline, aborted);

    /// <exception cref="TimeoutException">no answer in time</exception>
    public async Task<T> Ask<T>(Func<IFarmBackend, CancellationToken, Task<T>> call, TimeSpan within, CancellationToken aborted)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        deadline.CancelAfter(within);
        try
        {
            return await call(backend, deadline.Token).WaitAsync(deadline.Token);
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
        {
            throw new TimeoutException($"no answer within {within}");
        }
    }
}
