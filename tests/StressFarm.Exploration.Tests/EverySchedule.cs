using System.Numerics;
using StressFarm.Exploration.Exhaustive;

namespace StressFarm.Exploration.Tests;

/// <summary>
/// Every schedule, one after the other, each from the start: no state is kept, taken up again or held for another. What any other search is
/// compared with; for a handful of steps.
/// </summary>
internal sealed class EverySchedule(SearchStart start)
{
    /// <summary>Steps of a schedule: one that goes round for ever has no last schedule.</summary>
    private const int LongestPath = 2000;

    private readonly List<(byte Chosen, uint Left)> _path = [];

    /// <summary>Schedules that were run.</summary>
    public long Executions { get; private set; }
    public HashSet<UInt128> Finals { get; } = [];
    public HashSet<Flaw> Flaws { get; } = [];
    /// <summary>Each flaw with the fewest switches of a schedule to it, and the fewest steps of one with so many.</summary>
    public Dictionary<Flaw, (int Switches, int Steps)> Shortest { get; } = [];
    /// <summary>The fewest preemptions of a schedule to each flaw, to each final state, and to each state where they are kept.</summary>
    public Dictionary<Flaw, int> FlawPreemptions { get; } = [];
    public Dictionary<UInt128, int> FinalPreemptions { get; } = [];
    public Dictionary<UInt128, int> StatePreemptions { get; } = [];
    public bool KeepsStates { get; init; }

    /// <param name="most">schedules</param>
    /// <returns>false when there are more, or longer ones</returns>
    public bool Run(long most)
    {
        do
        {
            if (Executions == most || _path.Count > LongestPath) return false;
            if (!start.Begin())
            {
                if (start.Machine.Violation is { } early) Note(early, 0, 0, 0);
                return true;
            }
            RunOne();
            Executions++;
        }
        while (Backtrack());
        return true;
    }

    private void RunOne()
    {
        Machine machine = start.Machine;
        int depth = 0, switches = 0, preemptions = 0;
        if (KeepsStates) Lower(StatePreemptions, machine.Key, 0);
        for (; machine.Runnable != 0 && depth <= LongestPath; depth++)
        {
            if (depth == _path.Count)
            {
                int first = BitOperations.TrailingZeroCount(machine.Runnable);
                _path.Add(((byte)first, machine.Runnable & ~(1u << first)));
            }
            byte next = _path[depth].Chosen;
            if (depth > 0 && _path[depth - 1].Chosen is var before && before != next)
            {
                switches++;
                if ((machine.Runnable >> before & 1) != 0) preemptions++;
            }
            start.Step(next);
            if (machine.Violation is { } violation)
            {
                Note(violation, switches, depth + 1, preemptions);
                return;
            }
            if (KeepsStates) Lower(StatePreemptions, machine.Key, preemptions);
        }
        if (machine.Runnable != 0) return;
        UInt128 final = machine.Key;
        Finals.Add(final);
        Lower(FinalPreemptions, final, preemptions);
        if (start.Close() is { } late) Note(late, switches, depth, preemptions);
    }

    private void Note(Violation violation, int switches, int steps, int preemptions)
    {
        Flaw flaw = Flaw.Of(violation);
        if (Flaws.Add(flaw) || (switches, steps).CompareTo(Shortest[flaw]) < 0) Shortest[flaw] = (switches, steps);
        Lower(FlawPreemptions, flaw, preemptions);
    }

    private static void Lower<T>(Dictionary<T, int> least, T of, int count) where T : notnull =>
        least[of] = Math.Min(count, least.GetValueOrDefault(of, int.MaxValue));

    /// <summary>The last choice that can be another; false when there is none.</summary>
    private bool Backtrack()
    {
        while (_path.Count > 0)
        {
            (_, uint left) = _path[^1];
            _path.RemoveAt(_path.Count - 1);
            if (left == 0) continue;
            int next = BitOperations.TrailingZeroCount(left);
            _path.Add(((byte)next, left & ~(1u << next)));
            return true;
        }
        return false;
    }
}
