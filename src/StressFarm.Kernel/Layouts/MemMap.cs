using System.Runtime.CompilerServices;

namespace StressFarm.Kernel.Layouts;

/// <summary>
/// One section's memmap, a line of words for each <c>struct page</c>, followed by the cells (locks, list heads, page table entries,
/// percpu references). Begins as holes.
/// </summary>
/// <param name="pages">pages of the section</param>
/// <param name="cells">64-bit cells beyond the memmap</param>
public sealed class MemMap(int pages, int cells) : WordMemory(pages, cells, Hole)
{
    /// <summary>A struct page of a hole: reserved, and nobody holds it.</summary>
    private static ReadOnlySpan<ulong> Hole => [PageFlag.ZoneNormal | PageFlag.Reserved, 0, 0, 0, 0, 0, 0x0000_0000_ffff_ffff, 0];

    public int Pages { get; } = pages;

    public bool IsPageWord(Word w) => w.Index < FirstCell;

    /// <summary>The address the kernel would hold for this word.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public override ulong AddressOf(Word w) => w.Index < FirstCell
        ? Layout.VmemmapBase + (ulong)w.Index * 8
        : Layout.CellBase + (ulong)w.Index * 8;

    public ulong AddressOf(Page page) => Layout.VmemmapBase + (ulong)page.Pfn * 64;

    /// <summary>The word at an address, or -1 where none of ours lies: a wild pointer.</summary>
    public Word WordAt(ulong address)
    {
        ulong index = address >= Layout.VmemmapBase ? (address - Layout.VmemmapBase) / 8 : (address - Layout.CellBase) / 8;
        bool ours = (address & 7) == 0 && index < (ulong)WordCount
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

    /// <summary>Lays pages after a reset, none of which was laid before: flags, and the list node as an empty list.</summary>
    internal void LayPages(int pages, ulong flags)
    {
        Span<ulong> words = LayLines(pages);
        for (int first = 0; first < words.Length; first += Layout.WordsPerPage)
        {
            words[first + Layout.Flags] = flags;
            words[first + Layout.Info] = words[first + Layout.Prev] = Layout.VmemmapBase + (ulong)(first + Layout.Info) * 8;
        }
    }
}
