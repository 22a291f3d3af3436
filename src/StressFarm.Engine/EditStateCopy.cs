namespace StressFarm.Engine;

internal sealed partial class EditState
{
    public void CopyFrom(EditState other)
    {
        _plan = other._plan;
        (_step, _operation, _before, _loadCount) = (other._step, other._operation, other._before, other._loadCount);
        if (_counts.Length != other._counts.Length) _counts = new int[other._counts.Length];
        other._counts.CopyTo(_counts, 0);
        other._loads.CopyTo(_loads, 0);
        (Edit, Skips, Lost, SkippedBurst) = (other.Edit, other.Skips, other.Lost, other.SkippedBurst);
        (Done, DoneIn, Ahead, Named) = (other.Done, other.DoneIn, other.Ahead, other.Named);
        (Torn, Loaded, HeldBack, Left) = (other.Torn, other.Loaded, other.HeldBack, other.Left);
    }

    public void AddTo(ref StateHash hash)
    {
        hash.Add((ulong)NumberOf(Edit));
        hash.Add((ulong)(uint)_step << 32 | (uint)_operation);
        hash.Add((ulong)_before << 8 | (ulong)Ahead << 4 | (Skips ? 8UL : 0) | (Lost ? 4UL : 0) | (SkippedBurst ? 2UL : 0) | (Torn ? 1UL : 0));
        // The others' are from earlier rows, and begin anew with the next.
        foreach (int edit in _plan.Of(_step)) hash.Add((ulong)_counts[edit]);
        // Of a longer row only the place that is overwritten next counts.
        hash.Add((ulong)Math.Min(_loadCount, Remembered + _loadCount % Remembered));
        foreach ((int step, int location, ulong value) in _loads.AsSpan(0, Math.Min(_loadCount, Remembered)))
        {
            hash.Add((ulong)(uint)step << 32 | (uint)location);
            hash.Add(value);
        }
        StepCpu.AddTo(ref hash, in Done);
        hash.Add((ulong)DoneIn);
        if (Ahead != Ahead.None) StepCpu.AddTo(ref hash, in Named);
        hash.Add(Torn ? Loaded : 0);
        StepCpu.AddTo(ref hash, in HeldBack);
        hash.Add(HeldBack.Kind == AccessKind.None ? 0 : (ulong)Left);
    }

    private int NumberOf(Edit? edit)
    {
        for (int i = 0; i < _plan.Count; i++)
            if (ReferenceEquals(_plan[i], edit)) return i;
        return -1;
    }
}
