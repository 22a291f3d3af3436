namespace StressFarm.Grains.Workers;

/// <summary>
/// A grain call from a worker's thread, which waits for the answer: it has nothing else to do, and it is none of Orleans' own.
/// </summary>
internal static class BlockingCall
{
    /// <exception cref="FarmUnreachableException">no answer, or a failure</exception>
    /// <exception cref="OperationCanceledException">cancelled by <paramref name="cancellation"/></exception>
    public static T Run<T>(Func<CancellationToken, Task<T>> call, TimeSpan deadline, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(deadline);
        try
        {
            // Begun on a thread of the pool, where it ends too: Orleans keeps what a call is completed with for the thread that it
            // ends on, and takes it up again for one that begins there. From a thread of ours it would never be taken up.
            return Task.Run(() => call(limit.Token), CancellationToken.None).GetAwaiter().GetResult();
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            throw new FarmUnreachableException(e.Message);
        }
    }
}

/// <summary>A grain did not answer, or could not: the work is to be handed back.</summary>
internal sealed class FarmUnreachableException(string message) : Exception(message);
