using System.Globalization;
using System.Numerics;
using StressFarm.Exploration.Exhaustive;

namespace StressFarm.Campaigns.Tests;

/// <summary>
/// The shipped programmes of GUP-fast against a split: what a search comes to with and without reduction, and how many schedules there are.
/// docs/exhaustive.md has it; the row of the largest takes a minute, and is made only where the table is written.
/// </summary>
public class GupSplitTableTests
{
    private const string Head = "| Programme, control | Schedules | States, by every CPU | Transitions | States, reduced | Transitions | Final |\n|---|---|---|---|---|---|---|\n";
    private const string Largest = "gup3-split";

    private static readonly Geometry s_geometry = new(256);

    [Fact]
    public void Golden_the_table_is_what_searches_come_to()
    {
        string last = GeneratedTable.IsWritten ? Row(Largest) : GeneratedTable.Read("gup-split").Split('\n').Single(l => l.Contains(Largest, StringComparison.Ordinal)) + "\n";
        GeneratedTable.Check("gup-split", Head + Row("gup-split") + Row("gup2-split") + last);
    }

    private static string Row(string name)
    {
        var programme = new Programme();
        programme.Compose(ProgrammeFile.Read(Path.Combine(RepositoryRoot.Folder, "programmes", $"{name}.yaml")), s_geometry, 1, new Dictionary<string, int>());
        var start = new SearchStart(new Machine(s_geometry), programme, Policy.Control);
        SearchResult all = new EveryState(start) { Reduces = false }.Run(), reduced = new EveryState(start).Run();
        Assert.Equal((SearchEnd.Exhausted, SearchEnd.Exhausted, 0, 0, all.FinalStates), (all.End, reduced.End, all.Flaws.Count, reduced.Flaws.Count, reduced.FinalStates));
        var schedules = new ScheduleCount(start);
        string count = schedules.Run().ToString("0.0e0", CultureInfo.InvariantCulture);
        Assert.Equal(all.States, schedules.States);
        return string.Create(CultureInfo.InvariantCulture,
            $"| `{name}` | {count} | {all.States:N0} | {all.Transitions:N0} | {reduced.States:N0} | {reduced.Transitions:N0} | {all.FinalStates} |\n");
    }

    /// <summary>Schedules of a programme: paths from its first state to a final one. From a state there are as many as from all those that follow it.</summary>
    private sealed class ScheduleCount(SearchStart start)
    {
        private readonly Dictionary<UInt128, double> _from = [];
        private readonly StatePath _path = new(start);

        public int States => _from.Count;

        public double Run()
        {
            Assert.True(_path.Begin());
            return From();
        }

        private double From()
        {
            UInt128 state = _path.Key;
            if (_from.TryGetValue(state, out double known)) return known >= 0 ? known : throw new InvalidOperationException("a schedule leads back to a state: there is no end of them");
            _from[state] = -1;
            double sum = _path.Runnable == 0 ? 1 : 0;
            int depth = _path.Depth;
            for (uint left = _path.Runnable; left != 0; left &= left - 1)
            {
                _path.Step(BitOperations.TrailingZeroCount(left));
                sum += From();
                _path.Back(depth);
            }
            return _from[state] = sum;
        }
    }
}
