using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace StressFarm.Simulation;

/// <summary>
/// The memory: one section's memmap (eight words a page) followed by the cells, which is everything else that CPUs share
/// (locks, list heads, page table entries, percpu references). Remembers which 64-byte lines were written, so that
/// resetting costs what was touched and not what exists.
/// </summary>
public sealed class MemMap
{
    private readonly ulong[] _words;
    /// <summary>What the cells hold after a reset.</summary>
    private readonly ulong[] _pristineCells;
    /// <summary>Per word, the stamp of its low half and of its high half: as the word itself is laid out.</summary>
    private readonly ulong[] _writers;
    private readonly bool[] _lineDirty;
    private readonly int[] _dirty;
    private int _dirtyCount;

    /// <param name="pages">pages of the section</param>
    /// <param name="cells">64-bit cells beyond the memmap; rounded up to whole lines of eight</param>
    public MemMap(int pages, int cells)
    {
        Pages = pages;
        Lines = pages + (cells + 7) / 8;
        _words = new ulong[Lines * 8];
        _pristineCells = new ulong[(Lines - pages) * 8];
        _writers = new ulong[Lines * 8];
        _lineDirty = new bool[Lines];
        _dirty = new int[Lines];
        for (int pfn = 0; pfn < pages; pfn++) WriteHole(pfn);
    }

    /// <summary>For the one place that writes at every step.</summary>
    internal (ulong[] Words, ulong[] Writers, bool[] LineDirty) Arrays => (_words, _writers, _lineDirty);

    public int Pages { get; }
    internal int Lines { get; }
    public int FirstCell => Pages * Layout.WordsPerPage;
    public int WordCount => _words.Length;
    public ReadOnlySpan<int> DirtyLines => _dirty.AsSpan(0, _dirtyCount);

    public ulong this[Word w] => _words[w.Index];
    public uint this[Half h]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (uint)(_words[h.Index >> 1] >> ((h.Index & 1) * 32));
    }

    /// <summary>Who last wrote a half: see <see cref="WriterStamp"/>; 0 means not since the reset.</summary>
    public uint LastWriter(Half h) => (uint)(_writers[h.Index >> 1] >> ((h.Index & 1) * 32));

    /// <summary>False: the word holds what it does after a reset.</summary>
    internal bool MayDiffer(Word w) => _lineDirty[w.Index >> 3];

    public bool IsPageWord(Word w) => w.Index < FirstCell;

    /// <summary>The address the kernel would hold for this word.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong AddressOf(Word w) => w.Index < FirstCell
        ? Layout.VmemmapBase + (ulong)w.Index * 8
        : Layout.CellBase + (ulong)w.Index * 8;

    public ulong AddressOf(Page page) => Layout.VmemmapBase + (ulong)page.Pfn * 64;

    /// <summary>The word at an address, or -1 where none of ours lies: a wild pointer.</summary>
    public Word WordAt(ulong address)
    {
        ulong index = address >= Layout.VmemmapBase ? (address - Layout.VmemmapBase) / 8 : (address - Layout.CellBase) / 8;
        bool ours = (address & 7) == 0 && index < (ulong)_words.Length
            && address >= Layout.VmemmapBase == index < (ulong)FirstCell && address >= Layout.CellBase;
        return new Word(ours ? (int)index : -1);
    }

    /// <summary>The page whose struct page holds this address, or -1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int PfnAt(ulong address)
    {
        ulong pfn = (address - Layout.VmemmapBase) / 64;
        return address >= Layout.VmemmapBase && pfn < (ulong)Pages ? (int)pfn : -1;
    }

    // One bounds check a write: the arrays below are as long as _words, or an eighth of it.

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Write(int word, ulong value, uint writer)
    {
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
        w = (w & keep) | ((ulong)value << shift);
        ref ulong by = ref At(_writers, word);
        by = (by & keep) | ((ulong)writer << shift);
        if (!At(_lineDirty, word >> 3)) MarkDirty(word >> 3);
    }

    /// <summary>A word and who wrote its halves.</summary>
    internal (ulong Value, ulong Writers) Held(int word) => (_words[word], _writers[word]);

    /// <summary>Undoes a write.</summary>
    internal void PutBack(int word, ulong value, ulong writers) => (_words[word], _writers[word]) = (value, writers);

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
                if (line < 0) return -1;
                word += line * 8;
            }
            if (_words[word] != 0) return word - first.Index;
        }
        return -1;
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

    /// <summary>Back to the pristine image: pages as holes, cells zero but for those that were set otherwise.</summary>
    public void Reset()
    {
        foreach (int line in DirtyLines)
        {
            _lineDirty[line] = false;
            Span<ulong> words = _words.AsSpan(line * 8, 8);
            _writers.AsSpan(line * 8, 8).Clear();
            if (line >= Pages)
            {
                _pristineCells.AsSpan((line - Pages) * 8, 8).CopyTo(words);
                continue;
            }
            words.Clear();
            WriteHole(line);
        }
        _dirtyCount = 0;
    }

    /// <summary>A new schedule on the memory as it is: what was written, an earlier one wrote.</summary>
    internal void Age()
    {
        Vector256<uint> earlier = Vector256.Create(WriterStamp.Earlier);
        Span<uint> stamps = MemoryMarshal.Cast<ulong, uint>(_writers.AsSpan());
        foreach (int line in DirtyLines)
            for (int half = line * Layout.HalvesPerPage; half < (line + 1) * Layout.HalvesPerPage; half += Vector256<uint>.Count)
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
        for (int half = 0; half < Layout.HalvesPerPage; half++)
            if (LastWriter(new Half(line * Layout.HalvesPerPage + half)) != 0) written |= 1 << half;
        return (ushort)written;
    }

    /// <summary>Lays pages after a reset, none of which was laid before: flags, and the list node as an empty list.</summary>
    internal void LayPages(int pages, ulong flags)
    {
        Span<ulong> words = _words.AsSpan(0, pages * 8);
        for (int pfn = 0; pfn < pages; pfn++)
        {
            int first = pfn * 8;
            words[first + Layout.Flags] = flags;
            words[first + Layout.Info] = words[first + Layout.Prev] = Layout.VmemmapBase + (ulong)(first + Layout.Info) * 8;
            _dirty[_dirtyCount + pfn] = pfn;
        }
        _lineDirty.AsSpan(0, pages).Fill(true);
        _dirtyCount += pages;
    }

    /// <summary>Lays a line that an earlier schedule left. Lines are laid in order, each once, after a reset.</summary>
    internal void Restore(int line, ReadOnlySpan<ulong> words, ushort written)
    {
        MarkDirty(line);
        words.CopyTo(_words.AsSpan(line * 8, 8));
        for (int half = 0; half < Layout.HalvesPerPage; half++)
            if ((written >> half & 1) != 0) _writers[line * 8 + half / 2] |= (ulong)WriterStamp.Earlier << (half & 1) * 32;
    }

    private void WriteHole(int pfn)
    {
        _words[pfn * 8 + Layout.Flags] = PageFlag.ZoneNormal | PageFlag.Reserved;
        _words[pfn * 8 + Layout.Counts] = 0x0000_0000_ffff_ffff;
    }
}
