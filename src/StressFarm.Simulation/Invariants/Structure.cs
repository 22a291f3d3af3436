namespace StressFarm.Simulation.Invariants;

/// <summary>I01: tails lead to a head that owns them. Windows: PREP C2..C3, F5..F10, T5..T6, that is, any phase but Live.</summary>
public sealed class TailsLeadToTheirHead : Invariant
{
    public override string Id => "I01";
    public override string Statement => "a tail page's compound_head() is a head whose range holds the page, and both have the same owner";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "compound_head not consistent";
    public override ushort Reads => Halves.Info | Halves.Flags;
    public override PageStates States => PageStates.Live | PageStates.NoObject;
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.Published];

    public override (ulong Mask, ulong Value) Quiet(int word, Situation at) =>
        word == Layout.Info && at.State == PageStates.NoObject ? (CompoundPages.TailBit, 0UL) : Never;

    public override void PageWritten(Judge judge, Cpu cpu, int pfn)
    {
        var page = new Page(pfn);
        int id = judge.Ghost.ObjectOf(pfn);
        if (id != Ghost.NoObject && judge.Ghost[id].Phase == Phase.Live) { CheckLive(judge, cpu, page, ref judge.Ghost[id]); return; }
        if (id != Ghost.NoObject || !CompoundPages.IsTail(judge.Memory[page.Info])) return;
        Owner owner = judge.Ghost.OwnerOf(pfn);
        if (owner is Owner.DevFree or Owner.DevIsolated or Owner.Hole) return;
        judge.Violate(this, cpu, pfn, page.Info.Low.Index, "compound_info", "no tail marker", "a tail marker",
            $"page {pfn} belongs to {owner} and is a tail page");
    }

    public override void On(Judge judge, in Moment moment)
    {
        ref GhostObject o = ref judge.Ghost[moment.Object];
        for (int i = o.Head; i < o.Head + o.Pages; i++) CheckLive(judge, moment.Cpu, new Page(i), ref o);
    }

    private void CheckLive(Judge judge, Cpu cpu, Page page, ref GhostObject o)
    {
        ulong info = judge.Memory[page.Info];
        if (page.Pfn == o.Head)
        {
            bool head = (judge.Memory[page.Flags] & PageFlag.Head) != 0;
            if (head == o.IsCompound && !CompoundPages.IsTail(info)) return;
            if (head != o.IsCompound)
                judge.Violate(this, cpu, page.Pfn, page.Flags.Low.Index, "flags", o.IsCompound ? "PG_head" : "no PG_head", head ? "PG_head" : "no PG_head",
                    $"page {page.Pfn} heads a live {o.Kind} of order {o.Order} and PG_head says otherwise");
            else
                judge.Violate(this, cpu, page.Pfn, page.Info.Low.Index, "compound_info", "no tail marker", $"{info:x}",
                    $"page {page.Pfn} heads a live {o.Kind} and is marked as a tail");
            return;
        }
        if (!CompoundPages.IsTail(info)) return; // I04's
        int found = CompoundPages.HeadOf(judge.Policy, page.Pfn, info);
        if (found == o.Head && o.IsCompound) return;
        judge.Violate(this, cpu, page.Pfn, page.Info.Low.Index, "compound_info", $"head {o.Head}", $"head {found}",
            $"page {page.Pfn} belongs to the {o.Kind} at {o.Head} and its compound_head() is {found}");
    }
}

/// <summary>I02.</summary>
public sealed class HeadOrTail : Invariant
{
    public override string Id => "I02";
    public override string Statement => "no page is PG_head and tail at once";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "VM_BUG_ON_PGFLAGS";
    public override ushort Reads => Halves.Flags | Halves.Info;

    public override (ulong Mask, ulong Value) Quiet(int word, Situation at) => (word == Layout.Info ? CompoundPages.TailBit : PageFlag.Head, 0);

    public override void PageWritten(Judge judge, Cpu cpu, int pfn)
    {
        var page = new Page(pfn);
        if ((judge.Memory[page.Flags] & PageFlag.Head) == 0 || !CompoundPages.IsTail(judge.Memory[page.Info])) return;
        judge.Violate(this, cpu, pfn, page.Info.Low.Index, "compound_info", "no tail marker on a head",
            $"PG_head and compound_info {judge.Memory[page.Info]:x}", $"page {pfn} is PG_head and a tail page at once");
    }
}

/// <summary>I03. Window: C1..C3, F5..F10.</summary>
public sealed class HeadsAreAligned : Invariant
{
    public override string Id => "I03";
    public override string Statement => "a head is aligned to its order, its order is 1..MAX_FOLIO_ORDER, and it has a live owner";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "folio_set_order warning";
    public override ushort Reads => Halves.Flags;
    public override PageStates States => PageStates.NoObject;
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.Published, MomentKind.Unfrozen];

    public override (ulong Mask, ulong Value) Quiet(int word, Situation at) => (PageFlag.Head, 0);

    public override void PageWritten(Judge judge, Cpu cpu, int pfn)
    {
        var page = new Page(pfn);
        if ((judge.Memory[page.Flags] & PageFlag.Head) == 0 || judge.Ghost.ObjectOf(pfn) != Ghost.NoObject) return;
        Owner owner = judge.Ghost.OwnerOf(pfn);
        if (owner is Owner.DevFree or Owner.DevIsolated or Owner.Hole) return;
        judge.Violate(this, cpu, pfn, page.Flags.Low.Index, "flags", "no PG_head", "PG_head", $"page {pfn} is a head and belongs to {owner}");
    }

    public override void On(Judge judge, in Moment moment)
    {
        ref GhostObject o = ref judge.Ghost[moment.Object];
        if (!o.IsCompound) return;
        var folio = new Folio(o.Head);
        int order = (int)(judge.Memory[folio.SecondFlags] & PageFlag.OrderMask);
        if (order == o.Order && (o.Head & ((1 << order) - 1)) == 0) return;
        judge.Violate(this, moment.Cpu, o.Head, folio.SecondFlags.Low.Index, "order", $"{o.Order}, aligned", $"{order}",
            $"the {o.Kind} at page {o.Head} was published with order {order}; it has order {o.Order}");
    }
}

/// <summary>I04.</summary>
public sealed class LiveRangesAreDisjoint : Invariant
{
    public override string Id => "I04";
    public override string Statement => "every page of a live compound belongs to exactly it, for as long as it lives";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "none";
    public override ushort Reads => Halves.Info;
    public override PageStates States => PageStates.Live;
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.Published];

    // The page belongs to the object it is asked about.
    public override (ulong Mask, ulong Value) Quiet(int word, Situation at) => (CompoundPages.TailBit, CompoundPages.TailBit);

    public override void PageWritten(Judge judge, Cpu cpu, int pfn)
    {
        int id = judge.Ghost.ObjectOf(pfn);
        if (id != Ghost.NoObject) Check(judge, cpu, pfn, id);
    }

    public override void On(Judge judge, in Moment moment)
    {
        ref GhostObject o = ref judge.Ghost[moment.Object];
        for (int i = o.Head; i < o.Head + o.Pages; i++) Check(judge, moment.Cpu, i, moment.Object);
    }

    private void Check(Judge judge, Cpu cpu, int pfn, int id)
    {
        ref GhostObject o = ref judge.Ghost[id];
        if (o.Phase != Phase.Live || !o.IsCompound || pfn == o.Head) return;
        var page = new Page(pfn);
        if (judge.Ghost.ObjectOf(pfn) != id)
            judge.Violate(this, cpu, pfn, page.Info.Low.Index, "compound_info", $"a page of the {o.Kind} at {o.Head}", $"{judge.Ghost.OwnerOf(pfn)}",
                $"page {pfn} is in the range of the live {o.Kind} at {o.Head} and belongs to another object");
        else if (!CompoundPages.IsTail(judge.Memory[page.Info]))
            judge.Violate(this, cpu, pfn, page.Info.Low.Index, "compound_info", $"a tail of {o.Head}", $"{judge.Memory[page.Info]:x}",
                $"page {pfn} of the live {o.Kind} at {o.Head} (order {o.Order}) has lost its tail marker");
    }
}

/// <summary>I05.</summary>
public sealed class AllTailsPointToTheHead : Invariant
{
    public override string Id => "I05";
    public override string Statement => "all tails of a live compound point to its head";
    public override When When => When.Quiescent;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "free_tail_page_prepare";

    public override void AuditObject(Judge judge, int id)
    {
        ref GhostObject o = ref judge.Ghost[id];
        if (o.Phase != Phase.Live || !o.IsCompound) return;
        for (int i = o.Head + 1; i < o.Head + o.Pages; i++)
        {
            var page = new Page(i);
            ulong info = judge.Memory[page.Info];
            if (CompoundPages.IsTail(info) && CompoundPages.HeadOf(judge.Policy, i, info) == o.Head) continue;
            judge.Violate(this, null, i, page.Info.Low.Index, "compound_info", $"a tail of {o.Head}", $"{info:x}",
                $"tail {i} of the {o.Kind} at {o.Head} (order {o.Order}) does not point to it");
            return;
        }
    }
}

/// <summary>I07: also checked where the kernel does, at free.</summary>
public sealed class TailMappingIsPoison : Invariant
{
    public override string Id => "I07";
    public override string Statement => "tails that carry no folio field have mapping == TAIL_MAPPING";
    public override When When => When.Quiescent;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "corrupted mapping in tail page";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.FreeCheck];

    public override void On(Judge judge, in Moment moment)
    {
        if (moment.Object != Ghost.NoObject) Check(judge, moment.Cpu, moment.Object);
    }

    public override void AuditObject(Judge judge, int id)
    {
        if (judge.Ghost[id].Phase == Phase.Live) Check(judge, null, id);
    }

    private void Check(Judge judge, Cpu? cpu, int id)
    {
        ref GhostObject o = ref judge.Ghost[id];
        if (!o.IsCompound) return;
        int first = judge.Policy.SeparatesFolios && !o.Rmappable && !o.IsFolio ? judge.Policy.KeepsPincount ? 2 : 1 : 4;
        for (int i = first; i < o.Pages; i++)
        {
            var page = new Page(o.Head + i);
            if (judge.Memory[page.Mapping] == Layout.TailMapping) continue;
            bool pinned = first == 1 && i == 1 && o.Pins > 0;
            judge.Violate(this, cpu, page.Pfn, page.Mapping.High.Index, i == 1 ? "_pincount" : "mapping", $"{Layout.TailMapping:x} (TAIL_MAPPING)", $"{judge.Memory[page.Mapping]:x}",
                $"tail {i} of the {o.Kind} at page {o.Head} has a mapping that is not TAIL_MAPPING{(pinned ? ": a pin was counted in its upper half" : "")}");
            return;
        }
    }
}

/// <summary>I08.</summary>
public sealed class TailRefcountIsZero : Invariant
{
    public override string Id => "I08";
    public override string Statement => "a tail page's _refcount is 0";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "VM_BUG_ON_PAGE(PageTail(page)) in set_page_refcounted";
    public override ushort Reads => Halves.Refcount;
    public override PageStates States => PageStates.OfObject;
    public override bool Concerns(Situation at) => at.Role != PageRole.Head;

    public override (ulong Mask, ulong Value) Quiet(int word, Situation at) => (Layout.RefcountBits, 0);

    public override void PageWritten(Judge judge, Cpu cpu, int pfn)
    {
        int id = judge.Ghost.ObjectOf(pfn);
        if (id == Ghost.NoObject || judge.Ghost[id].Phase == Phase.Dead || pfn == judge.Ghost[id].Head) return;
        var page = new Page(pfn);
        uint count = judge.Memory[page.Refcount];
        if (count == 0) return;
        judge.Violate(this, cpu, pfn, page.Refcount.Index, "_refcount", "0", $"{(int)count}",
            $"page {pfn}, a tail of the {judge.Ghost[id].Kind} at {judge.Ghost[id].Head}, has a reference of its own");
    }
}

/// <summary>I09.</summary>
public sealed class BitZeroMeansTail : Invariant
{
    public override string Id => "I09";
    public override string Statement => "bit 0 of word 8 is set by a tail marker only, never by a list, pgmap or slab pointer";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "BUILD_BUG_ON(LIST_POISON1 & 1)";
    public override ushort Reads => Halves.Info;

    public override (ulong Mask, ulong Value) Quiet(int word, Situation at) => (CompoundPages.TailBit, 0);

    public override void PageWritten(Judge judge, Cpu cpu, int pfn)
    {
        var page = new Page(pfn);
        ulong info = judge.Memory[page.Info];
        if (!CompoundPages.IsTail(info)) return;
        bool marker = judge.Policy.Enc == Enc.Ptr
            ? judge.Memory.PfnAt(info - 1) >= 0 && ((info - 1) & 63) == 0
            : (~(info - 1) & (~(info - 1) + 1)) == 0 && ~(info - 1) >= 127;
        if (marker) return;
        judge.Violate(this, cpu, pfn, page.Info.Low.Index, "compound_info", "a tail marker or bit 0 clear", $"{info:x}",
            $"word 8 of page {pfn} has bit 0 set and is no tail marker");
    }
}

/// <summary>I10.</summary>
public sealed class OrderIsStable : Invariant
{
    public override string Id => "I10";
    public override string Statement => "the order byte of page[1] changes at refcount 0 or before publication only";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "none";
    public override ushort Reads => Halves.Flags;
    public override PageStates States => PageStates.Live;
    public override bool Concerns(Situation at) => at.Role == PageRole.Second;

    public override void PageWritten(Judge judge, Cpu cpu, int pfn)
    {
        if (pfn == 0) return;
        int id = judge.Ghost.ObjectOf(pfn);
        if (id == Ghost.NoObject) return;
        ref GhostObject o = ref judge.Ghost[id];
        if (o.Phase != Phase.Live || !o.IsCompound || pfn != o.Head + 1) return;
        var folio = new Folio(o.Head);
        int order = (int)(judge.Memory[folio.SecondFlags] & PageFlag.OrderMask);
        if (order == o.Order) return;
        judge.Violate(this, cpu, pfn, folio.SecondFlags.Low.Index, "order", $"{o.Order}", $"{order}",
            $"the order of the live {o.Kind} at page {o.Head} changed from {o.Order} to {order}");
    }
}
