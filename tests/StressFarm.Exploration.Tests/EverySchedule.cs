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

    /// <param name="most">schedules</param>
    /// <returns>false when there are more, or longer ones</returns>
    public bool Run(long most)
    {
        do
        {
            if (Executions == most || _path.Count > LongestPath) return false;
            if (!start.Begin())
            {
                if (start.Machine.Violation is { } early) Flaws.Add(Flaw.Of(early));
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
        for (int depth = 0; machine.Runnable != 0 && depth <= LongestPath; depth++)
        {
            if (depth == _path.Count)
            {
                int first = BitOperations.TrailingZeroCount(machine.Runnable);
                _path.Add(((byte)first, machine.Runnable & ~(1u << first)));
            }
            start.Step(_path[depth].Chosen);
            if (machine.Violation is not null) break;
        }
        if (machine.Violation is null && machine.Runnable == 0)
        {
            Finals.Add(machine.Key);
            start.Close();
        }
        if (machine.Violation is { } violation) Flaws.Add(Flaw.Of(violation));
    }

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
