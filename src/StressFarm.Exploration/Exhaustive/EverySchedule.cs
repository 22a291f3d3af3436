using System.Numerics;

namespace StressFarm.Exploration.Exhaustive;

/// <summary>
/// Every schedule, one after the other, each from the start: no state is kept, taken up again or held for another. What any other search is
/// compared with; for a handful of steps.
/// </summary>
public sealed class EverySchedule(SearchStart start)
{
    /// <summary>Steps of a schedule: one that goes round for ever has no last schedule.</summary>
    private const int LongestPath = 2000;

    private readonly List<(byte Chosen, uint Left)> _path = [];

    /// <param name="most">schedules; then it ends <see cref="SearchEnd.OutOfSteps"/></param>
    public SearchResult Run(long most)
    {
        var result = new SearchResult();
        _path.Clear();
        do
        {
            if (result.Executions == most || _path.Count > LongestPath)
            {
                result.End = SearchEnd.OutOfSteps;
                return result;
            }
            if (!start.Begin())
            {
                if (start.Machine.Violation is { } early) result.Note(early, () => []);
                return result;
            }
            RunOne(result);
            result.Executions++;
        }
        while (Backtrack());
        return result;
    }

    private void RunOne(SearchResult result)
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
            result.Transitions++;
            if (machine.Violation is not null) break;
        }
        result.Depth = Math.Max(result.Depth, _path.Count);
        if (machine.Violation is null && machine.Runnable == 0)
        {
            result.Finals.Add(machine.Hash().Key);
            result.FinalStates = result.Finals.Count;
            start.Close();
        }
        if (machine.Violation is { } violation) result.Note(violation, () => [.. _path.Select(p => p.Chosen)]);
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
