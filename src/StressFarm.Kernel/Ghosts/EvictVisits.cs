namespace StressFarm.Kernel.Ghosts;

/// <summary>
/// Which folios an evicting walk must meet (I47): those live in its range when it starts, for as long as nobody changes them.
/// One bit per CPU in the object, since a CPU runs one walk at a time.
/// </summary>
public static class EvictVisits
{
    /// <summary>The walk of [first, first + count) starts: every live folio that lies in it is due.</summary>
    public static void Begin(Ghost ghost, StepCpu cpu, int first, int count)
    {
        ushort bit = (ushort)(1 << cpu.Number);
        for (int pfn = first; pfn < first + count; pfn++)
        {
            int id = ghost.ObjectOf(pfn);
            if (id == Ghost.NoObject || ghost[id].Head != pfn) continue;
            ref GhostObject o = ref ghost[id];
            o.EvictSeen &= (ushort)~bit;
            if (o.Phase == Phase.Live && pfn + o.Pages <= first + count) o.EvictDue |= bit;
            else o.EvictDue &= (ushort)~bit;
        }
    }

    /// <summary>The walk tried to get a page. True when it did so before for the same folio.</summary>
    public static bool Visit(Ghost ghost, StepCpu cpu, int pfn)
    {
        int id = ghost.ObjectOf(pfn);
        if (id == Ghost.NoObject || ghost[id].Head != pfn) return false;
        ref GhostObject o = ref ghost[id];
        ushort bit = (ushort)(1 << cpu.Number);
        bool twice = (o.EvictDue & o.EvictSeen & bit) != 0;
        o.EvictSeen |= bit;
        return twice;
    }

    /// <summary>The folio that begins at this page was due and has not been met.</summary>
    public static bool Missed(Ghost ghost, StepCpu cpu, int pfn)
    {
        int id = ghost.ObjectOf(pfn);
        if (id == Ghost.NoObject || ghost[id].Head != pfn || ghost[id].Phase != Phase.Live) return false;
        return (ghost[id].EvictDue & ~ghost[id].EvictSeen & (1 << cpu.Number)) != 0;
    }
}
