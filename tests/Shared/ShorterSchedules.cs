using System.Numerics;
using StressFarm.Exploration.Exhaustive;

namespace StressFarm;

/// <summary>
/// Every schedule with fewer context switches than a given one, and every one with as many and fewer steps: no state is known again, so that
/// nothing is left out. For a claim that none of them violates anything.
/// </summary>
internal sealed class ShorterSchedules(SearchStart start, int switches, int steps)
{
    /// <summary>One that goes round for ever has no end.</summary>
    private const int LongestPath = 2000;

    private readonly StatePath _path = new(start);

    /// <summary>Schedules that were run to their end, or as far as they are shorter.</summary>
    public long Count { get; private set; }

    /// <summary>What the first of them violates, or null.</summary>
    public Violation? Violation()
    {
        Assert.True(_path.Begin());
        return After(-1, 0);
    }

    private Violation? After(int last, int used)
    {
        uint runnable = _path.Runnable;
        if (_path.Violation is not null || runnable == 0)
        {
            Count++;
            return _path.Violation ?? _path.Close();
        }
        int depth = _path.Depth;
        Assert.True(depth < LongestPath, "a schedule goes round for ever");
        bool any = false;
        for (uint left = runnable; left != 0; left &= left - 1)
        {
            int cpu = BitOperations.TrailingZeroCount(left), then = used + (last >= 0 && last != cpu ? 1 : 0);
            if (then > switches || (then == switches && depth + 1 >= steps)) continue;
            any = true;
            _path.Step(cpu);
            Violation? found = After(cpu, then);
            if (found is not null) return found;
            _path.Back(depth);
        }
        if (!any) Count++;
        return null;
    }
}
