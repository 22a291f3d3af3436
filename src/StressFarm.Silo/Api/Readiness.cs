namespace StressFarm.Silo.Api;

/// <summary>
/// Whether the silo serves: the store answers, the silo is in its cluster, and it does not stop. Probes send no token, so the farm
/// is asked at most once in <see cref="ApiOptions.ReadyEvery"/>, whoever asks and however often.
/// </summary>
internal sealed class Readiness(BackendCalls backend, ApiOptions options, IHostApplicationLifetime life, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private Task<bool>? _answer;
    private long _asked;

    public async Task<bool> Ask(CancellationToken aborted) =>
        !life.ApplicationStopping.IsCancellationRequested && await Answer().WaitAsync(aborted) && !life.ApplicationStopping.IsCancellationRequested;

    private Task<bool> Answer()
    {
        lock (_lock)
        {
            if (_answer is { } answer && (!answer.IsCompleted || clock.GetElapsedTime(_asked) < options.ReadyEvery)) return answer;
            _asked = clock.GetTimestamp();
            // Nobody's own request: whoever goes away leaves it to the others.
            return _answer = backend.Ask((b, c) => b.Ready(c), options.ReadyDeadline, CancellationToken.None);
        }
    }
}
