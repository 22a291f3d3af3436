using System.Numerics;

namespace StressFarm.Exploration.Exhaustive;

/// <summary>
/// A programme taken apart after so many steps: the different states that its schedules are in there, each with the first schedule that
/// comes to it, and what happens before. Nothing is left out for being independent of something else, so that every schedule either ends
/// before or goes through one of them.
/// </summary>
public sealed class ProgrammeParts
{
    private readonly List<byte[]> _prefixes = [];
    private readonly HashSet<UInt128> _met = [];
    private readonly StatePath _path;

    /// <param name="depth">steps</param>
    public ProgrammeParts(SearchStart start, int depth)
    {
        _path = new StatePath(start);
        if (!_path.Begin())
        {
            if (_path.Violation is { } early) Before.Note(early, []);
            return;
        }
        _met.Add(_path.Key);
        List<byte[]> level = [[]];
        if (_path.Runnable == 0)
        {
            Before.Met(isFinal: true);
            Close();
            return;
        }
        for (int step = 0; step < depth; step++) level = [.. level.SelectMany(After)];
        _prefixes = level;
    }

    /// <summary>One for each state after so many steps at which somebody can step.</summary>
    public IReadOnlyList<byte[]> Prefixes => _prefixes;

    /// <summary>The states before those, the schedules that end before, and what they violate.</summary>
    public SearchSum Before { get; } = new();

    /// <summary>What comes after a state that was not left before: schedules that end in others that are new.</summary>
    private List<byte[]> After(byte[] schedule)
    {
        var after = new List<byte[]>();
        _path.Back(0);
        foreach (byte stepper in schedule) _path.Step(stepper);
        Before.Met(isFinal: false);
        for (uint left = _path.Runnable; left != 0; left &= left - 1)
        {
            _path.Step(BitOperations.TrailingZeroCount(left));
            if (_path.Violation is { } violation) Before.Note(violation, _path.Schedule);
            bool ends = _path.Runnable == 0, isNew = _path.Violation is null && _met.Add(_path.Key);
            Before.Stepped(isNew && ends, isFinal: true);
            if (isNew && ends) Close();
            else if (isNew) after.Add(_path.Schedule);
            _path.Back(schedule.Length);
        }
        return after;
    }

    private void Close()
    {
        if (_path.Close() is { } late) Before.Note(late, _path.Schedule);
    }
}
