using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace StressFarm.Engine;

/// <summary>
/// The memory: lines of eight words that all begin alike, followed by cells, which is everything else that CPUs share. Remembers
/// which 64-byte lines were written, so that resetting costs what was touched and not what exists. What a word means is not its
/// business.
/// </summary>
public abstract partial class WordMemory
{
    public const int WordsPerLine = 8;
    public const int HalvesPerLine = 16;

    private readonly ulong[] _words;
    /// <summary>What the cells hold after a reset.</summary>
    private readonly ulong[] _pristineCells;
    /// <summary>Per word, the stamp of its low half and of its high half: as the word itself is laid out.</summary>
    private readonly ulong[] _writers;
    private readonly bool[] _lineDirty;
    private readonly int[] _dirty;
    private int _dirtyCount;

    private readonly int _alike;
    private readonly ulong[] _blank;

    /// <param name="alike">lines that begin as <paramref name="blank"/></param>
    /// <param name="cells">64-bit cells beyond them; rounded up to whole lines</param>
    /// <param name="blank">eight words</param>
    protected WordMemory(int alike, int cells, ReadOnlySpan<ulong> blank)
    {
        _alike = alike;
        _blank = blank.ToArray();
        Lines = alike + (cells + 7) / 8;
        _words = new ulong[Lines * 8];
        _pristineCells = new ulong[(Lines - alike) * 8];
        _writers = new ulong[Lines * 8];
        _lineDirty = new bool[Lines];
        _dirty = new int[Lines];
        for (int line = 0; line < alike; line++) blank.CopyTo(_words.AsSpan(line * 8, 8));
    }

    /// <summary>For the one place that writes at every step.</summary>
    internal (ulong[] Words, ulong[] Writers, bool[] LineDirty) Arrays => (_words, _writers, _lineDirty);

    internal int Lines { get; }
    public int FirstCell => _alike * WordsPerLine;
    public int WordCount => _words.Length;
    public ReadOnlySpan<int> DirtyLines => _dirty.AsSpan(0, _dirtyCount);

    /// <summary>Whom reads and writes are told; null outside a search.</summary>
    internal StepLog? Log { get; set; }

    public ulong this[Word w]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if (StepLog.IsKept) Log?.ReadWord(w.Index);
            return _words[w.Index];
        }
    }

    public uint this[Half h]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if (StepLog.IsKept) Log?.ReadHalf(h.Index);
            return (uint)(_words[h.Index >> 1] >> ((h.Index & 1) * 32));
        }
    }

    /// <summary>What a word holds, for the machine itself: it is nobody's read.</summary>
    internal ulong Now(int word) => _words[word];

    /// <summary>Who last wrote a half: see <see cref="WriterStamp"/>; 0 means not since the reset.</summary>
    public uint LastWriter(Half h) => (uint)(_writers[h.Index >> 1] >> ((h.Index & 1) * 32));

    /// <summary>False: the word holds what it does after a reset.</summary>
    internal bool MayDiffer(Word w) => _lineDirty[w.Index >> 3];

    /// <summary>The address that what runs would hold for this word.</summary>
    public abstract ulong AddressOf(Word w);

    // One bounds check a write: the arrays below are as long as _words, or an eighth of it.

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Write(int word, ulong value, uint writer)
    {
        if (StepLog.IsKept) Log?.Word(word, _words[word], value, _writers[word]);
        _words[word] = value;
        At(_writers, word) = writer | ((ulong)writer << 32);
        if (!At(_lineDirty, word >> 3)) MarkDirty(word >> 3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void WriteHalf(int half, uint value, uint writer)
    {
        int word = half >> 1, shift = (half & 1) * 32;
        ulong keep = 0xffff_ffff_0000_0000 >> shift;
        ref ulong w = ref _words[word];
        if (StepLog.IsKept) Log?.Word(word, w, (w & keep) | ((ulong)value << shift), _writers[word]);
        w = (w & keep) | ((ulong)value << shift);
        ref ulong by = ref At(_writers, word);
        by = (by & keep) | ((ulong)writer << shift);
        if (!At(_lineDirty, word >> 3)) MarkDirty(word >> 3);
    }

    /// <summary>A word and who wrote its halves.</summary>
    internal (ulong Value, ulong Writers) Held(int word) => (_words[word], _writers[word]);

    /// <summary>Undoes a write that is a step's no more.</summary>
    internal void PutBack(int word, ulong value, ulong writers)
    {
        if (StepLog.IsKept) Log?.Word(word, _words[word], value, _writers[word]);
        Undo(word, value, writers);
    }

    /// <summary>A word and who wrote its halves, as they were.</summary>
    internal void Undo(int word, ulong value, ulong writers) => (_words[word], _writers[word]) = (value, writers);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref T At<T>(T[] array, int index) => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(array), (nint)(uint)index);

    /// <summary>
    /// Of <paramref name="count"/> words from <paramref name="first"/> on, the number of the first one from
    /// <paramref name="from"/> on that is not zero; -1 when there is none. For cells whose pristine value is zero: lines
    /// that were never written are passed over.
    /// </summary>
    public int NextUsed(Word first, int from, int count)
    {
        for (int word = first.Index + from, end = first.Index + count; word < end; word++)
        {
            if ((word & 7) == 0)
            {
                int line = _lineDirty.AsSpan(word >> 3, (end - word + 7) >> 3).IndexOf(true);
                if (StepLog.IsKept) Passed(word, line < 0 ? end : word + line * 8);
                if (line < 0) return -1;
                word += line * 8;
            }
            if (StepLog.IsKept) Log?.ReadWord(word);
            if (_words[word] != 0) return word - first.Index;
        }
        return -1;
    }

    /// <summary>Words that were never written are read all the same.</summary>
    private void Passed(int word, int end)
    {
        if (Log is { IsNoting: true } log)
            for (; word < end; word++) log.ReadWord(word);
    }

    // Once a line and schedule: kept out of the code of a write.
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal void MarkDirty(int line)
    {
        _lineDirty[line] = true;
        _dirty[_dirtyCount++] = line;
    }

    /// <summary>A cell that is not zero in the pristine image; said before the first schedule.</summary>
    internal void SetPristine(Word cell, ulong value) =>
        _words[cell.Index] = _pristineCells[cell.Index - FirstCell] = value;

    /// <summary>Back to the pristine image: lines blank, cells zero but for those that were set otherwise.</summary>
    public void Reset()
    {
        foreach (int line in DirtyLines)
        {
            _lineDirty[line] = false;
            _writers.AsSpan(line * 8, 8).Clear();
            Pristine(line).CopyTo(_words.AsSpan(line * 8, 8));
        }
        _dirtyCount = 0;
    }

    private ReadOnlySpan<ulong> Pristine(int line) => line < _alike ? _blank : _pristineCells.AsSpan((line - _alike) * 8, 8);

    /// <summary>A new schedule on the memory as it is: what was written, an earlier one wrote.</summary>
    internal void Age()
    {
        Vector256<uint> earlier = Vector256.Create(WriterStamp.Earlier);
        Span<uint> stamps = MemoryMarshal.Cast<ulong, uint>(_writers.AsSpan());
        foreach (int line in DirtyLines)
            for (int half = line * HalvesPerLine; half < (line + 1) * HalvesPerLine; half += Vector256<uint>.Count)
            {
                Span<uint> some = stamps.Slice(half, Vector256<uint>.Count);
                Vector256.AndNot(earlier, Vector256.Equals(Vector256.Create<uint>(some), Vector256<uint>.Zero)).CopyTo(some);
            }
    }

    /// <summary>The words of a 64-byte line.</summary>
    internal ReadOnlySpan<ulong> Line(int line) => _words.AsSpan(line * 8, 8);

    /// <summary>Which halves of a line were written since the reset, one bit each.</summary>
    internal ushort WrittenIn(int line)
    {
        int written = 0;
        for (int half = 0; half < HalvesPerLine; half++)
            if (LastWriter(new Half(line * HalvesPerLine + half)) != 0) written |= 1 << half;
        return (ushort)written;
    }

    /// <summary>The first lines after a reset, none of which was written before, and all of which are from now on.</summary>
    protected Span<ulong> LayLines(int lines)
    {
        for (int line = 0; line < lines; line++) _dirty[_dirtyCount + line] = line;
        _lineDirty.AsSpan(0, lines).Fill(true);
        _dirtyCount += lines;
        return _words.AsSpan(0, lines * 8);
    }

    /// <summary>Lays a line that an earlier schedule left. Lines are laid in order, each once, after a reset.</summary>
    internal void Restore(int line, ReadOnlySpan<ulong> words, ushort written)
    {
        MarkDirty(line);
        words.CopyTo(_words.AsSpan(line * 8, 8));
        for (int half = 0; half < HalvesPerLine; half++)
            if ((written >> half & 1) != 0) _writers[line * 8 + half / 2] |= (ulong)WriterStamp.Earlier << (half & 1) * 32;
    }
}
