namespace StressFarm.Kernel.Protocols;

/// <summary>
/// FOLL_LONGTERM (<c>mm/gup.c:__gup_longterm_locked</c>): the fast path refuses pages that must stay movable (G4); the slow one
/// pins them, lets go, moves them elsewhere (<c>check_and_migrate_movable_folios</c>) and tries again.
/// </summary>
public static class GupLongTerm
{
    private const int Tries = 3;
    private const GupFlags Flags = GupFlags.Pin | GupFlags.Write | GupFlags.LongTerm;

    /// <summary>The pages pinned; none when they could not be, or not be moved.</summary>
    public static async Op<PageRange> Pin(Cpu cpu, int mm, int slot, int n)
    {
        PageRange got = await GupFast.Range(cpu, mm, slot, n, Flags);
        for (int tries = 0; got.Count == 0 && tries < Tries; tries++)
        {
            got = await GupSlow.Range(cpu, mm, slot, n, Flags);
            if (got.Count == 0) return got;
            int unpinnable = -1;
            for (int i = 0; i < got.Count && unpinnable < 0; i++)
                if (!await GupPins.IsLongTermPinnable(cpu, new Page(got.Pfn + i), Step.LongTerm)) unpinnable = i;
            if (unpinnable < 0) return got;
            await GupPut.UnpinUserPages(cpu, new Handle { Kind = HandleKind.Pin, Pfn = got.Pfn, Count = got.Count });
            got = default;
            await MigrationCallers.ByAddress(cpu, mm, slot + unpinnable);
        }
        return got;
    }
}
