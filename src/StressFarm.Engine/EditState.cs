namespace StressFarm.Engine;

/// <summary>What a CPU is in the middle of under an <see cref="EditPlan"/>.</summary>
internal sealed partial class EditState
{
    private const int Remembered = 4;

    private EditPlan _plan = null!;
    private int _step, _operation;
    private AccessKind _before;
    private int[] _counts = [];
    private readonly (int Step, int Location, ulong Value)[] _loads = new (int, int, ulong)[Remembered];
    private int _loadCount;

    /// <summary>The edit of the access that was named last; null when none is its.</summary>
    public Edit? Edit;
    /// <summary>The access named last does not happen.</summary>
    public bool Skips;
    /// <summary>The access done last lost its write, or was a burst that did not happen (<see cref="SkippedBurst"/>): pokes after it are lost too.</summary>
    public bool Lost, SkippedBurst;
    /// <summary>The access done last, which the code after one that does not happen still follows.</summary>
    public Access Done;
    /// <summary>The number of its operation.</summary>
    public int DoneIn;
    /// <summary>A step that comes before the access that was named, which waits in <see cref="Named"/>.</summary>
    public Ahead Ahead;
    public Access Named;
    /// <summary>Of a torn access: its first step is done, and this is what it loaded.</summary>
    public bool Torn;
    public ulong Loaded;
    /// <summary>What is held back, and for how many accesses yet; None when nothing is.</summary>
    public Access HeldBack;
    public int Left;

    public void Begin(EditPlan plan)
    {
        _plan = plan;
        if (_counts.Length < plan.Count) _counts = new int[plan.Count];
        _step = -1;
        _operation = DoneIn = -1;
        _loadCount = 0;
        Edit = null;
        Skips = Lost = SkippedBurst = Torn = false;
        Ahead = Ahead.None;
        HeldBack = Done = default;
    }

    /// <summary>An access was named: the first edit that takes it, or null.</summary>
    public Edit? Find(in Access access, int operation, int firstCell)
    {
        int step = access.StepNumber, last = operation == DoneIn ? Done.StepNumber : 0;
        ReadOnlySpan<int> edits = _plan.Of(step);
        if (step != _step || operation != _operation)
        {
            (_step, _operation, _before) = (step, operation, AccessKind.None);
            foreach (int edit in edits) _counts[edit] = 0;
        }
        Edit? found = null;
        foreach (int number in edits)
        {
            Edit edit = _plan[number];
            if (!edit.Takes(in access, firstCell, _before, last)) continue;
            int count = ++_counts[number];
            if (found is null && (edit.Nth == 0 || edit.Nth == count)) found = edit;
        }
        if (access.Kind is not (AccessKind.Load or AccessKind.Load32)) _before = access.Kind;
        return found;
    }

    /// <summary>A load is done: what it gave may be asked for again.</summary>
    public void Remember(in Access access, ulong value)
    {
        int step = access.StepNumber;
        if (!_plan.Remembers(step)) return;
        int at = IndexOf(step, access.Location);
        _loads[at >= 0 ? at : _loadCount++ % Remembered] = (step, access.Location, value);
    }

    /// <summary>What the last load of a place under a step gave; false when none is remembered.</summary>
    public bool Recall(int step, int location, out ulong value)
    {
        int at = IndexOf(step, location);
        value = at < 0 ? 0 : _loads[at].Value;
        return at >= 0;
    }

    private int IndexOf(int step, int location)
    {
        for (int i = Math.Min(_loadCount, Remembered) - 1; i >= 0; i--)
            if (_loads[i].Step == step && _loads[i].Location == location) return i;
        return -1;
    }
}

/// <summary>A step that an edit puts before the access that a CPU named.</summary>
internal enum Ahead : byte
{
    None,
    /// <summary>What was held back is due.</summary>
    HeldBack,
    /// <summary>The load of a torn access.</summary>
    Load,
}
