namespace StressFarm.Engine;

/// <summary>What an <see cref="Edit"/> makes of an access.</summary>
public enum EditAction : byte
{
    /// <summary>The access happens, its write is lost, and the CPU is told what it would be told; pokes of a burst go with it. Locks stay.</summary>
    Drop,
    /// <summary>The access does not happen: no step, no scheduling point. The code after it belongs to the step before it.</summary>
    Skip,
    /// <summary>The access happens, and the CPU is told something else; the memory, the digest and the trace have what was there.</summary>
    ReplaceRead,
    /// <summary>The access happens with another operand: what is stored, added, or'ed.</summary>
    ReplaceWritten,
    /// <summary>An atomic access is two steps: a load, and a store of what follows from the value that was loaded.</summary>
    Tear,
    /// <summary>A store or an unlock is held back for some accesses of its CPU, and then is a step of its own. One at a time on each CPU.</summary>
    Delay,
}

/// <summary>The value that an edit gives in place of an access's own.</summary>
public enum EditValue : byte
{
    /// <summary><see cref="Edit.Value"/>.</summary>
    Given,
    /// <summary>What this CPU's last load of the same word under the step <see cref="Edit.Earlier"/> gave: the word is believed not to have changed.</summary>
    Earlier,
    /// <summary>The address of the word itself: what a list head that is alone holds.</summary>
    OwnAddress,
}

/// <summary>
/// A change of a protocol, said from outside: which access, and what becomes of it. An access is found by its step id and, where
/// several carry one id, by kind, by word, by what came before it (an access under a certain id, a barrier), and by its number among those that match: the n-th in a row,
/// a row being what one operation does under the id without an access under another id in between. An access that an edit skips counts.
/// </summary>
/// <param name="Step">number of the step id</param>
/// <param name="Action">what becomes of the access</param>
public sealed record Edit(int Step, EditAction Action)
{
    /// <summary><see cref="Word"/> that takes any; and that takes what is no struct page's: locks, list heads, page tables.</summary>
    public const int AnyWord = -1, Cell = -2;

    /// <summary>Of this kind; None takes any.</summary>
    public AccessKind Kind { get; init; }
    /// <summary>Of this word of a struct page (0 to 7), <see cref="AnyWord"/> or <see cref="Cell"/>.</summary>
    public int Word { get; init; } = AnyWord;
    /// <summary>The n-th in a row, from 1 on; 0 for each.</summary>
    public int Nth { get; init; }
    /// <summary>Only where the last access in the row that was no load is of this kind; None for anywhere.</summary>
    public AccessKind After { get; init; }

    /// <summary>Only where the operation's last access that happened was under this id; 0 for anywhere. It tells one caller from another.</summary>
    public int Following { get; init; }

    public EditValue Source { get; init; }
    public ulong Value { get; init; }
    /// <summary>Of <see cref="EditValue.Earlier"/>.</summary>
    public int Earlier { get; init; }
    /// <summary>Of <see cref="EditAction.Delay"/>: accesses of the CPU that come before it.</summary>
    public int Accesses { get; init; }

    /// <summary>A lock is neither taken nor given back.</summary>
    /// <param name="word">where the steps have other locks too</param>
    public static Edit[] DropLock(int lockStep, int unlockStep, int word = AnyWord) =>
    [
        new(lockStep, EditAction.Skip) { Kind = AccessKind.Lock, Word = word },
        new(unlockStep, EditAction.Skip) { Kind = AccessKind.Unlock, Word = word },
    ];

    /// <summary>All but <see cref="Nth"/>.</summary>
    internal bool Takes(in Access access, int firstCell, AccessKind before, int last)
    {
        if (Kind != AccessKind.None && Kind != access.Kind) return false;
        if ((After != AccessKind.None && After != before) || (Following != 0 && Following != last)) return false;
        if (Word != AnyWord && Word != (access.Location < 0 ? AnyWord : access.WordIndex >= firstCell ? Cell : access.WordIndex & WordMemory.WordsPerLine - 1)) return false;
        return Action switch
        {
            EditAction.Tear => access.Kind is AccessKind.Add or AccessKind.Add32 or AccessKind.AddUnlessZero32 or AccessKind.CmpXchg32
                or AccessKind.Or or AccessKind.AndNot or AccessKind.TryLock,
            EditAction.Delay => access.Kind is AccessKind.Store or AccessKind.Store32 or AccessKind.Unlock,
            _ => true,
        };
    }
}
