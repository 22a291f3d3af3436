namespace StressFarm.Cli.Hosting;

/// <summary>How long a farm is waited for.</summary>
/// <param name="Call">one call, its answer included</param>
/// <param name="Pauses">before a call is tried again; as many tries as there are pauses, and one</param>
/// <param name="Silence">a stream that says nothing for so long is dead</param>
/// <param name="Lost">a farm that was watched and does not come back for so long is given up</param>
public sealed record FarmPatience(TimeSpan Call, IReadOnlyList<TimeSpan> Pauses, TimeSpan Silence, TimeSpan Lost)
{
    public static FarmPatience Usual { get; } = new(TimeSpan.FromSeconds(30),
        [TimeSpan.FromMilliseconds(250), TimeSpan.FromMilliseconds(750), TimeSpan.FromSeconds(2)], TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(5));
}
