namespace StressFarm.Simulation.Invariants;

/// <summary>I15.</summary>
public sealed class SpeculationFindsWhatItLookedUp : Invariant
{
    public override string Id => "I15";
    public override string Statement => "a speculative get that succeeds holds the object which the page it looked up belongs to, in the life it knew";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "the recheck in try_get_folio";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.SpeculativeGet];

    public override void On(Judge judge, in Moment moment)
    {
        int head = (int)moment.A, life = judge.Ghost.LifeOf(moment.Pfn);
        int got = judge.Ghost.ObjectOf(head);
        if (moment.Object == Ghost.NoObject || moment.Object != got)
            judge.Violate(this, moment.Cpu, moment.Pfn, new Page(moment.Pfn).Info.Low.Index, "compound_info", $"a reference of what page {moment.Pfn} belongs to", $"a reference of page {head}",
                $"CPU{moment.Cpu.Number} looked up page {moment.Pfn} and took its reference on the folio at page {head}, which the page does not belong to ({judge.Ghost.OwnerOf(moment.Pfn)})");
        else if (moment.B != 0 && moment.B != (ulong)life)
            judge.Violate(this, moment.Cpu, moment.Pfn, new Folio(head).SecondFlags.Low.Index, "large_rmappable", $"page {moment.Pfn} in generation {moment.B}", $"generation {life}, {judge.Ghost.OwnerOf(moment.Pfn)}",
                $"CPU{moment.Cpu.Number} took a reference of page {moment.Pfn} for what it had learned before it held one; the page has become {judge.Ghost.OwnerOf(moment.Pfn)} since");
    }
}

/// <summary>I26.</summary>
public sealed class PinsAreCounted : Invariant
{
    public override string Id => "I26";
    public override string Statement => "a large folio's _pincount is the number of its pins; a small one's refcount has room for its pins";
    public override When When => When.Quiescent;
    public override Severity Severity => Severity.Leak;
    public override string Mirror => "WARN in folio_add_pin, \"nonzero pincount\"";

    public override void AuditObject(Judge judge, int id)
    {
        ref GhostObject o = ref judge.Ghost[id];
        if (o.Phase != Phase.Live) return;
        var folio = new Folio(o.Head);
        if (o.Pins == 0 && (o.PinRefs != 0 || o.PinCounts != 0))
        {
            judge.Violate(this, null, o.Head, folio.Pincount.Index, "_pincount", "nothing left of the pins", $"{o.PinRefs} in _refcount, {o.PinCounts} in _pincount",
                $"all pins of the {o.Kind} at page {o.Head} were given back, and otherwise than they were taken: {o.PinRefs} are left in _refcount and {o.PinCounts} in _pincount");
            return;
        }
        bool other = o.IsCompound && !o.IsFolio && !o.Rmappable;
        if (o.IsCompound && !(other && judge.Policy.Gup != Gup.Today))
        {
            // Under CMP=RFC a page that is no folio has no such field, until a pin is counted in it.
            if (other && judge.Policy.SeparatesFolios && o.PinCounts == 0) return;
            int count = (int)judge.Memory[folio.Pincount];
            if (count == o.Pins) return;
            judge.Violate(this, null, o.Head, folio.Pincount.Index, "_pincount", $"{o.Pins}", $"{count}",
                $"the {o.Kind} at page {o.Head} has {o.Pins} pins and its _pincount reads {count}");
            return;
        }
        if (other && judge.Policy.Gup != Gup.Bias) return;
        uint refs = judge.Memory[folio.Refcount];
        if (refs / Layout.PinBias >= o.Pins) return;
        judge.Violate(this, null, o.Head, folio.Refcount.Index, "_refcount", $"at least {o.Pins} * {Layout.PinBias}", $"{refs}",
            $"the {o.Kind} at page {o.Head} has {o.Pins} pins and refcount {refs}");
    }
}

/// <summary>I27: counts every FOLL_PIN, also those that GUP=REFONLY takes as plain references.</summary>
public sealed class PinsAreVisible : Invariant
{
    public override string Id => "I27";
    public override string Statement => "folio_maybe_dma_pinned() is true as long as there is a pin";
    public override When When => When.Always;
    public override Severity Severity => Severity.Wrong;
    public override string Mirror => "none";
    public override ushort Reads => Halves.Refcount | Halves.Mapping;
    public override PageStates States => PageStates.OfObject;
    public override bool Concerns(Situation at) => at.Pinned && at.Role != PageRole.Later;
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.Pinned, MomentKind.Unpinned];

    public override void PageWritten(Judge judge, Cpu cpu, int pfn)
    {
        int id = judge.Ghost.ObjectOf(pfn);
        if (id == Ghost.NoObject || judge.Ghost[id].Pins <= 0) return;
        if ((uint)(pfn - judge.Ghost[id].Head) <= 1) Check(judge, cpu, id);
    }

    public override void On(Judge judge, in Moment moment)
    {
        if (judge.Ghost[moment.Object].Pins > 0) Check(judge, moment.Cpu, moment.Object);
    }

    private void Check(Judge judge, Cpu cpu, int id)
    {
        ref GhostObject o = ref judge.Ghost[id];
        var folio = new Folio(o.Head);
        if (o.Phase == Phase.Dead || GupPins.LooksPinned(judge.Policy, judge.Memory, folio)) return;
        bool large = o.IsCompound;
        int count = (int)judge.Memory[large ? folio.Pincount : folio.Refcount];
        judge.Violate(this, cpu, o.Head, large ? folio.Pincount.Index : folio.Refcount.Index, large ? "_pincount" : "_refcount",
            "folio_maybe_dma_pinned() true", $"false: {(large ? "_pincount" : "_refcount")} {count}",
            $"the {o.Kind} at page {o.Head} has {o.Pins} pins and folio_maybe_dma_pinned() says it has none ({(large ? "_pincount" : "_refcount")} {count})");
    }
}

/// <summary>I28.</summary>
public sealed class GupReturnsMappedPages : Invariant
{
    public override string Id => "I28";
    public override string Statement => "a page that GUP returns was mapped at an instant at which GUP held its reference, and GUP still holds it";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "the recheck of the entry in gup_fast_pte_range";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.GupDone];

    public override void On(Judge judge, in Moment moment)
    {
        bool held = moment.Object != Ghost.NoObject
            && (judge.Ghost.HeldBy(moment.Object, moment.Cpu.Number) > 0 || judge.Ghost[moment.Object].Pins > 0);
        if (moment.B != 0 && held) return;
        var page = new Page(moment.Object == Ghost.NoObject ? moment.Pfn : judge.Ghost[moment.Object].Head);
        ulong mm = moment.A / 65536, slot = moment.A % 65536;
        judge.Violate(this, moment.Cpu, moment.Pfn, page.Refcount.Index, "_refcount",
            $"a reference of the page that mm {mm} slot {slot} maps", held ? "the entry has changed" : "no reference",
            $"GUP returns page {moment.Pfn} ({judge.Ghost.OwnerOf(moment.Pfn)}) for mm {mm} slot {slot}, {(held ? "which no longer mapped it when the reference was taken" : "without a reference of it")}");
    }
}

/// <summary>I29: a subpage mapped by a PMD entry has its bit on the head.</summary>
public sealed class PinnedAnonStaysExclusive : Invariant
{
    public override string Id => "I29";
    public override string Statement => "a pinned anonymous page keeps AnonExclusive until it is unpinned";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "sanity_check_pinned_pages";
    public override ushort Reads => Halves.Flags;
    public override PageStates States => PageStates.OfObject;
    public override bool Concerns(Situation at) => at.Pinned || at.Role != PageRole.Head;

    // The head's bit speaks for all its pages.
    public override (ulong Mask, ulong Value) Quiet(int word, Situation at) => (PageFlag.AnonExclusive, PageFlag.AnonExclusive);

    public override void PageWritten(Judge judge, Cpu cpu, int pfn)
    {
        int id = judge.Ghost.ObjectOf(pfn);
        if (id == Ghost.NoObject) return;
        ref GhostObject o = ref judge.Ghost[id];
        if (!o.Anon || o.Phase == Phase.Dead) return;
        if (pfn != o.Head) Check(judge, cpu, pfn, ref o);
        else if (o.Pins > 0)
            for (int i = pfn; i < pfn + o.Pages && judge.First is null; i++) Check(judge, cpu, i, ref o);
    }

    private void Check(Judge judge, Cpu cpu, int pfn, ref GhostObject o)
    {
        if (judge.Ghost.PinsOf(pfn) == 0) return;
        Page page = new(pfn), head = new(o.Head);
        if (((judge.Memory[page.Flags] | judge.Memory[head.Flags]) & PageFlag.AnonExclusive) != 0) return;
        judge.Violate(this, cpu, pfn, page.Flags.Low.Index, "flags", "PG_anon_exclusive", "not exclusive",
            $"page {pfn} of the {o.Kind} at {o.Head} has {judge.Ghost.PinsOf(pfn)} pins and has lost PG_anon_exclusive: a copy-on-write would part it from its DMA");
    }
}
