namespace StressFarm.Campaigns.Soak;

/// <summary>
/// Which section of a soak has waited longest for its next checkpoint. Sections take turns, so the oldest of a hundred thousand
/// is at the front of a queue. Not thread safe; the time is an argument.
/// </summary>
/// <param name="began">when the soak began: no section has a checkpoint older than that</param>
/// <param name="last">the number of a section's last epoch; null when time decides</param>
public sealed class CheckpointAges(int sections, DateTimeOffset began, long? last)
{
    private readonly DateTimeOffset[] _newest = [.. Enumerable.Repeat(began, sections)];
    private Queue<(int Section, DateTimeOffset At)> _turns = new(Enumerable.Range(0, sections).Select(s => (s, began)));

    /// <summary>A checkpoint that was there before, in any order; <see cref="Restored"/> ends these.</summary>
    public void Restore(int section, long epoch, DateTimeOffset at)
    {
        if (epoch == last) _newest[section] = DateTimeOffset.MaxValue;
        else if (at > _newest[section]) _newest[section] = at;
    }

    public void Restored() =>
        _turns = new(_newest.Select((at, section) => (section, at)).Where(t => t.at < DateTimeOffset.MaxValue).OrderBy(t => t.at));

    /// <summary>A checkpoint was written, later than any before.</summary>
    public void Commit(int section, long epoch, DateTimeOffset at)
    {
        _newest[section] = epoch == last ? DateTimeOffset.MaxValue : at;
        if (epoch != last) _turns.Enqueue((section, at));
    }

    /// <summary>The newest checkpoint of the section that has waited longest; null when no section waits.</summary>
    public DateTimeOffset? Oldest
    {
        get
        {
            while (_turns.TryPeek(out var turn) && _newest[turn.Section] != turn.At) _turns.Dequeue();
            return _turns.TryPeek(out var oldest) ? oldest.At : null;
        }
    }
}
