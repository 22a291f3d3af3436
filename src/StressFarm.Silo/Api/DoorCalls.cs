namespace StressFarm.Silo.Api;

/// <summary>Every call through the door has a deadline, whether or not what is behind it looks at its cancellation.</summary>
public sealed class DoorCalls(IFarmDoor door, ApiOptions options)
{
    public Task<T> Ask<T>(Func<IFarmDoor, CancellationToken, Task<T>> call, CancellationToken aborted) => Ask(call, options.DoorDeadline, aborted);

    /// <exception cref="TimeoutException">no answer in time</exception>
    public async Task<T> Ask<T>(Func<IFarmDoor, CancellationToken, Task<T>> call, TimeSpan within, CancellationToken aborted)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        deadline.CancelAfter(within);
        try
        {
            return await call(door, deadline.Token).WaitAsync(deadline.Token);
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
        {
            throw new TimeoutException($"no answer within {within}");
        }
    }
}
