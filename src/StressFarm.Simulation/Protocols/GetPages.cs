namespace StressFarm.Simulation;

/// <summary>What the entry points of GUP share: the walk, the fallback, and the handle.</summary>
public static class GetPages
{
    /// <param name="call">A: mm, B: first slot, C: pages, + 256 without FOLL_WRITE, D: handle + 16 * further rounds over the same pages</param>
    public static async Op Run(Cpu cpu, OpCall call, GupFlags flags, bool fast)
    {
        int slot = call.D & (Handles.Capacity - 1);
        if (cpu.Handles[slot].Kind != HandleKind.None) return;
        if (call.C >= 256) flags &= ~GupFlags.Write;
        PageRange got = await Walk(cpu, call.A, call.B, call.C & 255, flags, fast);
        if (got.Count == 0) return;
        HandleKind kind = (flags & GupFlags.Pin) != 0 ? HandleKind.Pin : HandleKind.PageRefs;
        cpu.Handles[slot] = new Handle { Kind = kind, Pfn = got.Pfn, Life = cpu.Ghost.LifeOf(got.Pfn), Count = got.Count };
        for (int round = call.D / Handles.Capacity; round > 0; round--)
        {
            PageRange again = await Walk(cpu, call.A, call.B, got.Count, flags, fast);
            if (again == got)
            {
                cpu.Handles[slot].Repeat++;
                continue;
            }
            // Mapped anew, or refused: the round is given back and the rest left out.
            if (again.Count != 0) await GupPut.UnpinUserPages(cpu, new Handle { Pfn = again.Pfn, Count = again.Count });
            break;
        }
    }

    private static async Op<PageRange> Walk(Cpu cpu, int mm, int slot, int n, GupFlags flags, bool fast)
    {
        PageRange got = fast ? await GupFast.Range(cpu, mm, slot, n, flags) : default;
        return got.Count == 0 ? await GupSlow.Range(cpu, mm, slot, n, flags) : got;
    }
}
