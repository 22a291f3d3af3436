namespace StressFarm.Engine;

/// <summary>
/// What the steps of a machine did to its suspended methods, so that it can be undone: before a method goes on, what it holds is copied; boxes go back to where
/// they were taken from. What is free lies in the same order afterwards, so that the log of earlier steps stays true.
/// </summary>
internal sealed class FrameLog
{
    private Entry[] _entries = new Entry[256];

    private enum Deed : byte { Moves, Taken, New, Recycled }

    private struct Entry
    {
        public Frame Frame;
        public Deed Deed;
    }

    /// <summary>How far it goes.</summary>
    public int Count { get; private set; }

    public void Reset(FramePool pool)
    {
        Count = 0;
        pool.ForgetCopies();
    }

    /// <summary>A free box, of those that were never anybody's before the ones that the run made; null when there is none.</summary>
    public Frame? Pop(FrameStack free) => free.Pop() ?? free.PopSpare();

    /// <summary>A suspended method goes on.</summary>
    public void Moves(Frame frame)
    {
        frame.Keep();
        Add(frame, Deed.Moves);
    }

    /// <summary>A box becomes a method's.</summary>
    public void Taken(Frame frame, bool isNew)
    {
        // A spare one is nobody's, whatever it holds.
        bool held = !isNew && !frame.IsSpare;
        if (held) frame.Keep();
        else frame.Renew();
        frame.IsSpare = false;
        Add(frame, held ? Deed.Taken : Deed.New);
    }

    /// <summary>A box is free again.</summary>
    public void Recycled(Frame frame)
    {
        frame.Home.Push(frame);
        Add(frame, Deed.Recycled);
    }

    public void Undo(int count)
    {
        while (Count > count)
        {
            ref Entry entry = ref _entries[--Count];
            Frame frame = entry.Frame;
            switch (entry.Deed)
            {
                case Deed.Moves:
                    frame.PutBack();
                    break;
                case Deed.Taken:
                    frame.PutBack();
                    frame.Home.Push(frame);
                    break;
                case Deed.New:
                    frame.IsSpare = true;
                    frame.Home.PushSpare(frame);
                    break;
                default:
                    frame.Home.Pop();
                    break;
            }
        }
    }

    private void Add(Frame frame, Deed deed)
    {
        if (Count == _entries.Length) Array.Resize(ref _entries, Count * 2);
        (_entries[Count].Frame, _entries[Count].Deed) = (frame, deed);
        Count++;
    }
}

public abstract partial class Frame
{
    /// <summary>Made in a run and undone: it lies beside the free ones.</summary>
    internal bool IsSpare;

    /// <summary>What it holds is nobody's.</summary>
    internal abstract void Renew();
    /// <summary>Copies what it holds.</summary>
    internal abstract void Keep();
    /// <summary>Holds again what was copied last.</summary>
    internal abstract void PutBack();
    /// <summary>Where the method is and what its locals hold.</summary>
    internal abstract (ulong Low, ulong High) Key { get; }
}

internal sealed partial class Box<TStateMachine, T>
{
    private static readonly ulong s_name = Name();

    private ulong _low, _high;
    private bool _isKeyed;
    private Copies<Copy>? _copies;

    private struct Copy
    {
        public TStateMachine Machine;
        public Frame? Parent;
        public T Result;
        public bool Done, IsKeyed;
        public ulong Low, High;
    }

    private static ulong Name()
    {
        var hash = new StateHash(1);
        foreach (char c in typeof(TStateMachine).FullName!) hash.Add(c);
        return hash.Low;
    }

    internal override void Renew() => _isKeyed = false;

    internal override void Keep()
    {
        _copies ??= (Copies<Copy>)(Home.Copies ??= new Copies<Copy>());
        ref Copy copy = ref _copies.Push();
        (copy.Machine, copy.Parent, copy.Result, copy.Done) = (StateMachine, Parent, Result, Done);
        (copy.IsKeyed, copy.Low, copy.High) = (_isKeyed, _low, _high);
        _isKeyed = false;
    }

    internal override void PutBack()
    {
        ref Copy copy = ref _copies!.Pop();
        (StateMachine, Parent, Result, Done) = (copy.Machine, copy.Parent, copy.Result, copy.Done);
        (_isKeyed, _low, _high) = (copy.IsKeyed, copy.Low, copy.High);
    }

    internal override (ulong Low, ulong High) Key
    {
        get
        {
            if (!_isKeyed)
            {
                var hash = new StateHash(s_name);
                Locals<TStateMachine>.Add(ref StateMachine, ref hash);
                (_low, _high, _isKeyed) = (hash.Low, hash.High, true);
            }
            return (_low, _high);
        }
    }
}

/// <summary>Copies of one method's boxes, the last on top.</summary>
internal abstract class Copies
{
    private protected int _count;

    public void Clear() => _count = 0;
}

internal sealed class Copies<TCopy> : Copies
{
    private TCopy[] _slots = new TCopy[8];

    public ref TCopy Push()
    {
        if (_count == _slots.Length) Array.Resize(ref _slots, _count * 2);
        return ref _slots[_count++];
    }

    public ref TCopy Pop() => ref _slots[--_count];
}

public sealed partial class FramePool
{
    internal void ForgetCopies()
    {
        foreach (FrameStack stack in _free) stack.Copies?.Clear();
    }
}

internal sealed partial class FrameStack
{
    private Frame[] _spare = [];
    private int _spares;

    /// <summary>What its method's boxes held: see <see cref="FrameLog"/>.</summary>
    public Copies? Copies { get; set; }

    public Frame? PopSpare() => _spares == 0 ? null : _spare[--_spares];

    public void PushSpare(Frame frame)
    {
        if (_spares == _spare.Length) Array.Resize(ref _spare, Math.Max(8, _spares * 2));
        _spare[_spares++] = frame;
    }
}
