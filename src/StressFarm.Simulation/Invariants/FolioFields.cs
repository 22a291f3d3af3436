namespace StressFarm.Simulation.Invariants;

/// <summary>Which objects carry the folio fields of page[1] and page[2] under a design.</summary>
internal static class FolioFields
{
    /// <summary>Any compound page under CMP=MAIN; what is a folio by intention once CMP separates them.</summary>
    public static bool Carries(Policy policy, in GhostObject o) => o.IsCompound && (!policy.SeparatesFolios || o.IsFolio);

    /// <summary>The same of _nr_pages and _pincount, which CMP=PIN leaves with every compound page.</summary>
    public static bool CarriesCommon(Policy policy, in GhostObject o) => Carries(policy, o) || (o.IsCompound && policy.KeepsPincount);
}

/// <summary>I06: at rest for whatever carries the field, and at every read that takes the word for a folio's size.</summary>
public sealed class NrPagesIsTheSize : Invariant
{
    public override string Id => "I06";
    public override string Statement => "_nr_pages == 1 << order where the object carries it, and whoever reads it as a folio field reads the size of that very object";
    public override When When => When.Quiescent;
    public override Severity Severity => Severity.Wrong;
    public override string Mirror => "rmap.h: diff > folio_large_nr_pages()";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.NrPagesRead];

    public override void On(Judge judge, in Moment moment)
    {
        if (moment.Object == Ghost.NoObject) return;
        ref GhostObject o = ref judge.Ghost[moment.Object];
        if ((uint)moment.A == (uint)o.Pages) return;
        Half field = new Folio(moment.Pfn).NrPages;
        judge.Violate(this, moment.Cpu, field.Index / Layout.HalvesPerPage, field.Index, "_nr_pages", $"{o.Pages}", $"{moment.A}",
            $"_nr_pages of the {o.Kind} at page {o.Head} (order {o.Order}) is read as {moment.A}{(moment.B > moment.A ? $" while {moment.B} is being accounted: diff {moment.B} > _nr_pages {moment.A}" : "")}");
    }

    public override void AuditObject(Judge judge, int id)
    {
        ref GhostObject o = ref judge.Ghost[id];
        if (o.Phase != Phase.Live || !FolioFields.CarriesCommon(judge.Policy, o)) return;
        Half field = new Folio(o.Head).NrPages;
        if (judge.Memory[field] == o.Pages) return;
        judge.Violate(this, null, o.Head + 1, field.Index, "_nr_pages", $"{o.Pages}", $"{judge.Memory[field]}",
            $"_nr_pages of the {o.Kind} at page {o.Head} (order {o.Order}) holds {judge.Memory[field]}");
    }
}

/// <summary>I36: what <c>__folio_rmap_sanity_checks</c> asserts, and what it would assert if it could.</summary>
public sealed class RmapIsOnTheRightFolio : Invariant
{
    public override string Id => "I36";
    public override string Statement => "rmap accounts pages of the folio it is called for, no more than folio_large_nr_pages(), and only rmappable folios where MAP demands it";
    public override When When => When.Always;
    public override Severity Severity => Severity.Wrong;
    public override string Mirror => "__folio_rmap_sanity_checks";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.Rmap, MomentKind.NrPagesRead];

    public override void On(Judge judge, in Moment moment)
    {
        if (moment.Kind == MomentKind.NrPagesRead)
        {
            if (moment.B > moment.A)
                Report(judge, moment, new Folio(moment.Pfn).NrPages, "_nr_pages", $"at least {moment.B}", $"{moment.A}", $"{moment.B} pages of a folio of {moment.A} are accounted");
            return;
        }
        var page = new Page(moment.Pfn);
        var folio = new Folio((int)moment.A);
        ulong info = judge.Memory[page.Info];
        int head = CompoundPages.HeadOf(judge.Policy, moment.Pfn, info);
        int id = judge.Ghost.ObjectOf(folio.Pfn);
        int last = moment.Pfn + (int)moment.B - 1;
        if (head != folio.Pfn)
            Report(judge, moment, page.Info.Low, "compound_info", $"head {folio.Pfn}", $"head {head}", $"rmap of folio {folio.Pfn} is called for a page that belongs to {head}");
        else if (id == Ghost.NoObject || !judge.Ghost[id].Contains(moment.Pfn) || !judge.Ghost[id].Contains(last))
            Report(judge, moment, page.Info.Low, "compound_info", $"a page of folio {folio.Pfn}", $"pages {moment.Pfn} to {last}", $"rmap of folio {folio.Pfn} is called for pages {moment.Pfn} to {last}, which are not all its own");
        else if (DemandsRmappable(judge.Policy) && (judge.Memory[folio.Flags] & PageFlag.Head) != 0 && (judge.Memory[folio.SecondFlags] & PageFlag.LargeRmappable) == 0)
            Report(judge, moment, folio.SecondFlags.Low, "large_rmappable", "set", "clear", $"rmap accounts a page of the {judge.Ghost[id].Kind} at {folio.Pfn}, which is no rmappable folio");
    }

    /// <summary>The designs that promise to keep rmap away from what is no folio.</summary>
    private static bool DemandsRmappable(Policy policy) => policy.Map != Map.Today;

    private void Report(Judge judge, in Moment moment, Half at, string field, string expected, string found, string what) =>
        judge.Violate(this, moment.Cpu, at.Index / Layout.HalvesPerPage, at.Index, field, expected, found, $"{what} (page {moment.Pfn})");
}

/// <summary>I49.</summary>
public sealed class SlabPagesAreFrozen : Invariant
{
    public override string Id => "I49";
    public override string Statement => "a slab page in use has its type, refcount 0, no rmap and no pin, and kfree() finds the slab that the object came from";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "WARN in gup_fast_folio_allowed and free_large_kmalloc";
    public override ushort Reads => Halves.Mapcount | Halves.Refcount;
    public override PageStates States => PageStates.Live;
    public override bool Concerns(Situation at) => at.Kept;
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.Published, MomentKind.Rmap, MomentKind.Pinned, MomentKind.Kfree];

    private static bool IsSlab(Owner kind) => kind is Owner.Slab or Owner.LargeKmalloc;

    public override void PageWritten(Judge judge, Cpu cpu, int pfn)
    {
        int id = judge.Ghost.ObjectOf(pfn);
        if (id != Ghost.NoObject) Check(judge, cpu, ref judge.Ghost[id]);
    }

    public override void On(Judge judge, in Moment moment)
    {
        if (moment.Kind == MomentKind.Kfree)
        {
            if (moment.A == moment.B) return;
            var page = new Page(moment.Pfn);
            judge.Violate(this, moment.Cpu, moment.Pfn, page.Info.Low.Index, "compound_info", $"head {moment.B}", $"head {moment.A}",
                $"kfree() of an object on page {moment.Pfn} resolves to page {moment.A}; it came from the slab at {moment.B}");
            return;
        }
        if (moment.Object == Ghost.NoObject) return;
        ref GhostObject o = ref judge.Ghost[moment.Object];
        if (!IsSlab(o.Kind)) return;
        if (moment.Kind == MomentKind.Published) Check(judge, moment.Cpu, ref o);
        else
            judge.Violate(this, moment.Cpu, moment.Pfn, new Page(o.Head).Type.Index, "page_type", "no rmap and no pin", moment.Kind == MomentKind.Rmap ? "rmap" : "a pin",
                $"{(moment.Kind == MomentKind.Rmap ? "rmap accounts" : "a pin is taken on")} page {moment.Pfn} of the {o.Kind} at {o.Head}");
    }

    private void Check(Judge judge, Cpu cpu, ref GhostObject o)
    {
        if (o.Phase != Phase.Live || !IsSlab(o.Kind)) return;
        var head = new Page(o.Head);
        uint type = judge.Memory[head.Type], wanted = o.Kind == Owner.Slab ? PageType.Slab : PageType.LargeKmalloc;
        uint count = judge.Memory[head.Refcount];
        if (!PageType.Is(type, wanted))
            judge.Violate(this, cpu, o.Head, head.Type.Index, "page_type", $"{wanted:x}", $"{type:x}", $"the {o.Kind} at page {o.Head} is in use and has lost its type");
        else if (o.FrozenOwner && count != 0)
            judge.Violate(this, cpu, o.Head, head.Refcount.Index, "_refcount", "0", $"{(int)count}", $"somebody took a reference on the {o.Kind} at page {o.Head}, which its owner keeps frozen");
    }
}
