namespace StressFarm.Engine;

/// <summary>
/// What the steps of a machine changed, so that they can be undone in place; the sum over everything that can change, by which a state is known again;
/// and of the step under way what it read and wrote. Places are numbered: the halves of the memory's words first, then whatever the machine that is built on
/// this one says.
/// </summary>
/// <remarks>
/// Only a search needs it, and everything that runs would pay for asking whether there is one. <see cref="IsKept"/> is decided once for the process, before the
/// code that asks is compiled: where it is false, the compiler leaves the questions out.
/// </remarks>
public abstract class StepLog
{
    /// <summary>The switch of <see cref="AppContext"/> that decides; to be set before anything of a machine is touched.</summary>
    public const string SwitchName = "StressFarm.KeepsStepLogs";

    /// <summary>Machines of this process can keep a log.</summary>
    public static readonly bool IsKept = AppContext.TryGetSwitch(SwitchName, out bool kept) && kept;

    /// <summary>The kind of the memory's words.</summary>
    internal const int Words = 0;

    private Entry[] _entries = new Entry[1024];
    private int[] _reads = new int[256], _writes = new int[256];
    private int _readCount, _writeCount, _stepBegan;
    private readonly WordMemory _memory;
    /// <summary>By place: the step that noted it last, times four, and what it did there.</summary>
    private readonly uint[] _seen;
    private uint _step;
    private StateSum _sum;

    private struct Entry
    {
        public int Kind, Index;
        public ulong Old, Writers;
    }

    /// <param name="places">all of them, the memory's included</param>
    protected StepLog(WordMemory memory, int places)
    {
        if (!IsKept) throw new InvalidOperationException($"this process keeps no step logs: {SwitchName} was not set before its first machine");
        _memory = memory;
        _seen = new uint[places];
    }

    /// <summary>
    /// Places of a machine's words, two each, of its CPUs' store buffers, and of whether they have finished, the one for set-up's too. What is built on it has those from
    /// here on.
    /// </summary>
    public static int PlacesOf(WordMemory memory) => memory.WordCount * 2 + StepMachine.CpuLimit * 2 + 1;
    public int Places => _seen.Length;

    /// <summary>How far a log had come.</summary>
    internal readonly record struct Mark(int Count, StateSum Sum);

    private int Count { get; set; }
    /// <summary>A sum over all that is logged, from wherever it began: equal where everything holds the same.</summary>
    public StateSum Sum => _sum;
    /// <summary>For tests that show what a place is noted for; null otherwise.</summary>
    internal Forgetting? Forgets { get; set; }
    /// <summary>False for a place that a test forgets.</summary>
    public bool Knows(int place) => Forgets?.Places[place] != true;
    /// <summary>What a step does is noted. Otherwise it is only kept for undoing.</summary>
    public bool IsNoting { get; private set; }

    /// <summary>Places that the step read, each once. One that it wrote with what was there counts as read.</summary>
    public ReadOnlySpan<int> Reads => _reads.AsSpan(0, _readCount);
    /// <summary>Places that hold something else after the step.</summary>
    public ReadOnlySpan<int> Writes => _writes.AsSpan(0, _writeCount);

    /// <summary>A new run: nothing was logged.</summary>
    internal void Reset()
    {
        Count = 0;
        _sum = default;
        IsNoting = false;
    }

    internal void BeginStep()
    {
        _readCount = _writeCount = 0;
        _stepBegan = Count;
        if (++_step > uint.MaxValue / 4 - 1)
        {
            Array.Clear(_seen);
            _step = 1;
        }
        IsNoting = true;
    }

    /// <summary>The step is complete: what became of the words that it wrote.</summary>
    internal void EndStep()
    {
        IsNoting = false;
        for (int i = _stepBegan; i < Count; i++)
        {
            ref Entry entry = ref _entries[i];
            if (entry.Kind != Words) continue;
            ulong changed = entry.Old ^ _memory.Now(entry.Index);
            Note(entry.Index * 2, (uint)changed != 0);
            Note(entry.Index * 2 + 1, changed >> 32 != 0);
        }
    }

    internal Mark Here => new(Count, _sum);

    /// <summary>Everything is what it was when the log had come to a mark.</summary>
    internal void Undo(in Mark mark)
    {
        while (Count > mark.Count)
        {
            ref Entry entry = ref _entries[--Count];
            if (entry.Kind == Words) _memory.Undo(entry.Index, entry.Old, entry.Writers);
            else PutBack(entry.Kind, entry.Index, entry.Old);
        }
        _sum = mark.Sum;
    }

    /// <summary>A word is about to be written.</summary>
    internal void Word(int word, ulong old, ulong value, ulong writers)
    {
        Keep(Words, word, old, writers);
        _sum.Change(Words, word, old, value);
    }

    /// <summary>Something that is no word holds another value.</summary>
    /// <param name="kind">of what is logged, 1 or more: see <see cref="PutBack"/></param>
    public void Changed(int kind, int index, int place, ulong old, ulong value)
    {
        if (IsNoting) Note(place, old != value);
        if (old == value) return;
        Keep(kind, index, old, 0);
        _sum.Change(kind, index, old, value);
    }

    public void ReadHalf(int half)
    {
        if (IsNoting) Note(half, false);
    }

    public void ReadWord(int word)
    {
        if (!IsNoting) return;
        Note(word * 2, false);
        Note(word * 2 + 1, false);
    }

    public void Read(int place)
    {
        if (IsNoting) Note(place, false);
    }

    /// <summary>Others see a word otherwise from now on, whatever the memory holds.</summary>
    internal void Show(int word)
    {
        if (!IsNoting || Forgets is { Shown: true }) return;
        Note(word * 2, true);
        Note(word * 2 + 1, true);
    }

    /// <summary>A CPU's store buffer was asked, or changed.</summary>
    internal void Buffer(int cpu, bool changed)
    {
        if (IsNoting) Note(_memory.WordCount * 2 + cpu, changed);
    }

    /// <summary>A CPU has finished, or another asked whether it has.</summary>
    internal void Finished(int cpu, bool changed)
    {
        if (IsNoting) Note(_memory.WordCount * 2 + StepMachine.CpuLimit + cpu, changed);
    }

    /// <summary>What was logged under a kind and an index holds again what it did.</summary>
    protected abstract void PutBack(int kind, int index, ulong old);

    private void Note(int place, bool writes)
    {
        if (Forgets is { } forgets && forgets.Takes(place)) return;
        ref uint seen = ref _seen[place];
        uint bit = writes ? 2u : 1u;
        if (seen >> 2 != _step) seen = _step << 2;
        if ((seen & bit) != 0) return;
        seen |= bit;
        if (writes) Add(ref _writes, ref _writeCount, place);
        else Add(ref _reads, ref _readCount, place);
    }

    private static void Add(ref int[] to, ref int count, int place)
    {
        if (count == to.Length) Array.Resize(ref to, count * 2);
        to[count++] = place;
    }

    private void Keep(int kind, int index, ulong old, ulong writers)
    {
        if (Count == _entries.Length) Array.Resize(ref _entries, Count * 2);
        ref Entry entry = ref _entries[Count++];
        (entry.Kind, entry.Index, entry.Old, entry.Writers) = (kind, index, old, writers);
    }
}
