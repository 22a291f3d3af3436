namespace StressFarm.Kernel.Workloads;

/// <summary>
/// A part of a small scope: an arena, the few set-ups that there are on it, and the turns of which each of two CPUs then has one. A turn is one
/// call, or two of which the first gets what the second gives back or uses. All are written as <see cref="CallChoices"/> are, with few values of each argument.
/// </summary>
public sealed class Scene
{
    /// <summary>CPUs of a programme.</summary>
    public const int Cpus = 2;
    /// <summary>Calls of a turn, at most.</summary>
    public const int MostCalls = 2;

    /// <param name="arena">for two CPUs</param>
    /// <param name="against">the other CPU's turns, where they are not the same</param>
    /// <exception cref="FormatException">there is no such call, or a turn is too long</exception>
    public Scene(Arena arena, IEnumerable<string> setups, IEnumerable<string> turns, IEnumerable<string>? against = null)
    {
        Arena = arena;
        Setups = [.. setups.SelectMany(s => CallChoices.Parse(s, arena))];
        Turns = TurnsOf(turns);
        Against = against is null ? Turns : TurnsOf(against);
    }

    public Arena Arena { get; }
    /// <summary>The driver's, when the policy leaves it to the schedule.</summary>
    public Allocator Allocator { get; init; } = Allocator.Buddy;
    public IReadOnlyList<IReadOnlyList<OpCall>> Setups { get; }
    public IReadOnlyList<IReadOnlyList<OpCall>> Turns { get; }
    public IReadOnlyList<IReadOnlyList<OpCall>> Against { get; }

    private OpCall[][] TurnsOf(IEnumerable<string> texts)
    {
        OpCall[][] turns = [.. texts.SelectMany(t => CallChoices.Parse(t, Arena))];
        return Array.Find(turns, t => t.Length is 0 or > MostCalls) is { } wrong
            ? throw new FormatException($"'{CallChoices.Format(wrong)}' is no turn: it is 1 to {MostCalls} calls") : turns;
    }
}
