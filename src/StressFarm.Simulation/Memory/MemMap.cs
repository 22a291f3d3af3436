namespace StressFarm.Simulation;

/// <summary>
/// The memory: one section's memmap (eight words a page) followed by the cells, which is everything else that CPUs share
/// (locks, list heads, page table entries, percpu references). Remembers which 64-byte lines were written, so that
/// resetting costs what was touched and not what exists.
/// </summary>
public sealed class MemMap
{
    private readonly ulong[] _words;
    private readonly uint[] _writers;
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
        _writers = new uint[Lines * 16];
        _lineDirty = new bool[Lines];
        _dirty = new int[Lines];
        for (int pfn = 0; pfn < pages; pfn++) WriteHole(pfn);
    }

    public int Pages { get; }
    private int Lines { get; }
    public int FirstCell => Pages * Layout.WordsPerPage;
    public int WordCount => _words.Length;
    public ReadOnlySpan<int> DirtyLines => _dirty.AsSpan(0, _dirtyCount);

    public ulong this[Word w] => _words[w.Index];
    public uint this[Half h] => (uint)(_words[h.Index >> 1] >> ((h.Index & 1) * 32));

    /// <summary>Who last wrote a half: see <see cref="WriterStamp"/>; 0 means not since the reset.</summary>
    public uint LastWriter(Half h) => _writers[h.Index];

    public bool IsPageWord(Word w) => w.Index < FirstCell;

    /// <summary>The address the kernel would hold for this word.</summary>
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
    public int PfnAt(ulong address)
    {
        ulong pfn = (address - Layout.VmemmapBase) / 64;
        return address >= Layout.VmemmapBase && pfn < (ulong)Pages ? (int)pfn : -1;
    }

    internal void Write(int word, ulong value, uint writer)
    {
        _words[word] = value;
        _writers[word * 2] = writer;
        _writers[word * 2 + 1] = writer;
        MarkDirty(word >> 3);
    }

    internal void WriteHalf(int half, uint value, uint writer)
    {
        ref ulong w = ref _words[half >> 1];
        w = (half & 1) == 0 ? (w & 0xffff_ffff_0000_0000) | value : (w & 0xffff_ffff) | ((ulong)value << 32);
        _writers[half] = writer;
        MarkDirty(half >> 4);
    }

    private void MarkDirty(int line)
    {
        if (_lineDirty[line]) return;
        _lineDirty[line] = true;
        _dirty[_dirtyCount++] = line;
    }

    /// <summary>Back to the pristine image: pages as holes, cells zero.</summary>
    public void Reset()
    {
        for (int i = 0; i < _dirtyCount; i++)
        {
            int line = _dirty[i];
            _lineDirty[line] = false;
            Array.Clear(_words, line * 8, 8);
            Array.Clear(_writers, line * 16, 16);
            if (line < Pages) WriteHole(line);
        }
        _dirtyCount = 0;
    }

    private void WriteHole(int pfn)
    {
        _words[pfn * 8 + Layout.Flags] = PageFlag.ZoneNormal | PageFlag.Reserved;
        _words[pfn * 8 + Layout.Counts] = 0x0000_0000_ffff_ffff;
    }
}
