namespace StressFarm.Kernel.Operations;

/// <summary>What the entry points of GUP share: the walk, the fallback, and the handle.</summary>
public static class GetPages
{
    /// <param name="call">A: mm, B: first slot, C: pages, + 256 without FOLL_WRITE, D: handle + 16 * further rounds over the same pages</param>
    public static async Op Run(Cpu cpu, OpCall call, GupFlags flags, bool fast)
    {
        int slot = call.D & (Handles.Capacity - 1);
        if (cpu.Handles[slot].Kind != HandleKind.None) return;
        if (call.C >= 256) flags &= ~GupFlags.Write;
        PageRange got = default;
        for (int round = call.D / Handles.Capacity; round >= 0; round--)
        {
            int n = got.Count == 0 ? call.C & 255 : got.Count;
            PageRange walked = fast ? await GupFast.Range(cpu, call.A, call.B, n, flags) : default;
            if (walked.Count == 0) walked = await GupSlow.Range(cpu, call.A, call.B, n, flags);
            if (got.Count == 0)
            {
                if (walked.Count == 0) return;
                got = walked;
                HandleKind kind = (flags & GupFlags.Pin) != 0 ? HandleKind.Pin : HandleKind.PageRefs;
                cpu.Handles[slot] = new Handle { Kind = kind, Pfn = got.Pfn, Life = cpu.Ghost.LifeOf(got.Pfn), Count = got.Count };
            }
            else if (walked == got)
            {
                cpu.Handles[slot].Repeat++;
            }
            else
            {
                // Mapped anew, or refused: the round is given back and the rest left out.
                if (walked.Count != 0) await GupPut.UnpinUserPages(cpu, new Handle { Pfn = walked.Pfn, Count = walked.Count });
                return;
            }
        }
    }
}
