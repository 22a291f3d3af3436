namespace StressFarm.Kernel.Protocols;

/// <summary>What a caller of get_user_pages*() wants (<c>include/linux/mm_types.h</c>).</summary>
[Flags]
public enum GupFlags : byte
{
    /// <summary>FOLL_GET: plain references.</summary>
    Get = 1,
    /// <summary>FOLL_PIN: references that folio_maybe_dma_pinned() sees.</summary>
    Pin = 2,
    /// <summary>FOLL_WRITE.</summary>
    Write = 4,
    /// <summary>FOLL_LONGTERM: no page that must stay movable.</summary>
    LongTerm = 8,
}

/// <summary>Where a pin is counted.</summary>
public enum PinWay : byte
{
    /// <summary>One in _refcount and one in _pincount.</summary>
    Pincount,
    /// <summary>GUP_PIN_COUNTING_BIAS in _refcount.</summary>
    Bias,
    /// <summary>GUP=REFONLY: a reference like any other.</summary>
    RefsOnly,
    /// <summary>GUP=FAIL: no pin.</summary>
    Refused,
}

/// <summary>How pins are counted, and what is no folio: spec 3.9 and dimension GUP (4.4).</summary>
public static class GupPins
{
    /// <summary>
    /// folio_test_large(), and for GUP other than TODAY the predicate "is a rmappable folio": page[1].large_rmappable, small
    /// pages counting as folios. Pin, unpin and maybe_dma_pinned ask the same question, each at its own time.
    /// </summary>
    public static AccessOrOp<Accesses.Load, WayBySize, PinWay> WayOf(Cpu cpu, Folio folio, Step step)
    {
        if (cpu.Policy.Gup != Gup.Today) return new(WayByPredicate(cpu, folio, step));
        cpu.Load(folio.Flags, step);
        return new(cpu, default(WayBySize));
    }

    /// <summary>GUP=TODAY: folio_test_large().</summary>
    public readonly struct WayBySize : IThen<PinWay>
    {
        public PinWay Do(Cpu cpu, ulong flags) => (flags & PageFlag.Head) != 0 ? PinWay.Pincount : PinWay.Bias;
    }

    private static async Op<PinWay> WayByPredicate(Cpu cpu, Folio folio, Step step)
    {
        bool large = (await cpu.Load(folio.Flags, step) & PageFlag.Head) != 0;
        if (!large) return PinWay.Bias;
        return await MappedPages.IsRmappable(cpu, folio, step) ? PinWay.Pincount : ForOthers(cpu.Policy.Gup);
    }

    private static PinWay ForOthers(Gup gup) => gup switch
    {
        Gup.Fail => PinWay.Refused,
        Gup.RefOnly => PinWay.RefsOnly,
        Gup.Bias => PinWay.Bias,
        _ => PinWay.Pincount,
    };

    /// <summary><c>folio_is_longterm_pinnable</c>: not in a pageblock of CMA, nor in one that is being isolated.</summary>
    public static async Op<bool> IsLongTermPinnable(Cpu cpu, Page page, Step step)
    {
        int block = page.Pfn >> cpu.Machine.Arena.PmdOrder;
        return block >= Geometry.MaxPageblocks || await cpu.Load(cpu.Cells.Pageblock(block), step) == Migratetype.Movable;
    }

    /// <summary>folio_maybe_dma_pinned().</summary>
    public static async Op<bool> MaybeDmaPinned(Cpu cpu, Folio folio, Step step) => await WayOf(cpu, folio, step) == PinWay.Pincount
        ? (int)await cpu.Load(folio.Pincount, step) > 0
        : await cpu.Load(folio.Refcount, step) >= Layout.PinBias;

    /// <summary>What folio_maybe_dma_pinned() would answer now, without a step: for invariants.</summary>
    public static bool LooksPinned(Policy policy, MemMap memory, Folio folio)
    {
        bool large = (memory[folio.Flags] & PageFlag.Head) != 0;
        bool pincount = large && (policy.Gup == Gup.Today || IsRmappable(policy, memory, folio)
            || ForOthers(policy.Gup) == PinWay.Pincount);
        return pincount ? (int)memory[folio.Pincount] > 0 : memory[folio.Refcount] >= Layout.PinBias;
    }

    private static bool IsRmappable(Policy policy, MemMap memory, Folio folio) => policy.TypesPages
        ? !PageType.HasType(memory[folio.Head.Type])
        : (memory[folio.SecondFlags] & PageFlag.LargeRmappable) != 0;
}
