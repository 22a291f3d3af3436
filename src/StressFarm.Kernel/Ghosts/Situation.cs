using System.Runtime.CompilerServices;

namespace StressFarm.Kernel.Ghosts;

/// <summary>What a page may be in: the phase of its object, one bit each, or no object.</summary>
[Flags]
public enum PageStates : byte
{
    None = 0,
    Dead = 1 << Phase.Dead,
    Allocating = 1 << Phase.Allocating,
    Live = 1 << Phase.Live,
    Frozen = 1 << Phase.Frozen,
    Freeing = 1 << Phase.Freeing,
    NoObject = 1 << (Phase.Freeing + 1),
    /// <summary>Of an object that is not dead.</summary>
    OfObject = Allocating | Live | Frozen | Freeing,
    Any = OfObject | Dead | NoObject,
}

/// <summary>Which page of its object it is: what the kernel keeps in its words goes by that.</summary>
public enum PageRole : byte
{
    /// <summary>The first page, or one that belongs to no object.</summary>
    Head,
    /// <summary>page[1] of the object.</summary>
    Second,
    /// <summary>A later page, or one that an object no longer spans.</summary>
    Later,
}

/// <summary>
/// What the ghost says of a page that was written, as far as it decides which invariants look at it. Said ahead for all situations
/// (the write table), so that a step asks only those that can find something.
/// </summary>
/// <param name="State">one bit of it</param>
/// <param name="Pinned">its object has a pin</param>
/// <param name="Kept">its object's owner keeps the refcount at 0, or is a slab's</param>
/// <param name="Device">a page of device memory</param>
public readonly record struct Situation(PageStates State, PageRole Role, bool Pinned, bool Kept, bool Device)
{
    private const int OfRole = 4, OfPhase = 3 * OfRole, NoObject = ((int)Phase.Freeing + 1) * OfPhase, OfSystem = NoObject + 1;

    /// <summary>How many there are.</summary>
    internal const int Count = 2 * OfSystem;

    /// <summary>The number of the situation of an object's first page; those of the other roles follow.</summary>
    internal static byte OfHead(Phase phase, bool pinned, bool kept) => (byte)((int)phase * OfPhase + (pinned ? 2 : 0) + (kept ? 1 : 0));

    /// <summary>The number of the situation that a page is in.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Of(Ghost ghost, int pfn, int deviceBase)
    {
        int id = ghost.ObjectOf(pfn), number = NoObject;
        if (id != Ghost.NoObject)
        {
            ref GhostObject o = ref ghost[id];
            number = o.HeadSituation + (int)Math.Min((uint)(pfn - o.Head), (uint)PageRole.Later) * OfRole;
        }
        return pfn >= deviceBase ? number + OfSystem : number;
    }

    /// <summary>The situation with this number.</summary>
    internal static Situation Numbered(int number)
    {
        bool device = number >= OfSystem;
        number %= OfSystem;
        return number == NoObject
            ? new(PageStates.NoObject, PageRole.Head, false, false, device)
            : new((PageStates)(1 << number / OfPhase), (PageRole)(number % OfPhase / OfRole), (number & 2) != 0, (number & 1) != 0, device);
    }
}
