namespace StressFarm.Simulation.Invariants;

/// <summary>I23.</summary>
public sealed class FreezeOwnsAllReferences : Invariant
{
    public override string Id => "I23";
    public override string Statement => "a freeze succeeds only when every reference is the freezer's own or a cache's, which the freezer has locked, and leaves none";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "none";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.Frozen];

    public override void On(Judge judge, in Moment moment)
    {
        if (moment.Object == Ghost.NoObject) return;
        ref GhostObject o = ref judge.Ghost[moment.Object];
        int own = judge.Ghost.HeldBy(moment.Object, moment.Cpu.Number) + o.CacheRefs + o.SwapRefs;
        uint left = judge.Memory[new Page(o.Head).Refcount];
        if (left != 0)
        {
            judge.Violate(this, moment.Cpu, o.Head, new Page(o.Head).Refcount.Index, "_refcount", "0 (frozen)", $"{(int)left}",
                $"CPU{moment.Cpu.Number} froze the {o.Kind} at page {o.Head}, whose refcount still is {(int)left}: anybody may get a reference of it");
            return;
        }
        if (own == o.ExpectedRefs && moment.A == (ulong)own) return;
        judge.Violate(this, moment.Cpu, o.Head, new Page(o.Head).Refcount.Index, "_refcount", $"a freeze of {own}", $"a freeze of {moment.A}",
            $"CPU{moment.Cpu.Number} froze {moment.A} references of the {o.Kind} at page {o.Head} and owns {own}; others hold {o.ExpectedRefs - own} (page tables {o.PteRefs}, pins {o.Pins})");
    }
}

/// <summary>I24.</summary>
public sealed class FrozenIsTheFreezersAlone : Invariant
{
    public override string Id => "I24";
    public override string Statement => "while a folio is frozen for a split nobody but the freezer writes a word of its pages, a memory failure's marks apart";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "none";
    public override ushort Reads => ushort.MaxValue;
    public override PageStates States => PageStates.Frozen;

    public override void PageWritten(Judge judge, Cpu cpu, int pfn)
    {
        int id = judge.Ghost.ObjectOf(pfn);
        if (id == Ghost.NoObject) return;
        ref GhostObject o = ref judge.Ghost[id];
        if (o.Phase != Phase.Frozen || o.PhaseCpu == cpu.Number || (pfn == o.Head + 2 && IsListed(judge, o.Head))
            || new WriterStamp(cpu.Writer).Step is Step.MfSet or Step.MfLarge or Step.MfIgnore) return;
        int half = JustWritten(judge, cpu, pfn);
        judge.Violate(this, cpu, pfn, half, Layout.NameOf(half % Layout.HalvesPerPage), $"written by CPU{o.PhaseCpu} only", $"written by CPU{cpu.Number}",
            $"CPU{cpu.Number} wrote a word of page {pfn} while CPU{o.PhaseCpu} has the {o.Kind} at {o.Head} frozen");
    }

    /// <summary>
    /// A folio that is frozen to be moved is on the deferred split list until its freezer has the list's lock: whoever has it
    /// writes the links of its neighbours.
    /// </summary>
    private static bool IsListed(Judge judge, int head)
    {
        Word node = new Folio(head).DeferredList;
        return judge.Ghost[judge.Ghost.ObjectOf(head)].Order > 1 && judge.Memory[node] != judge.Memory.AddressOf(node);
    }

    private static int JustWritten(Judge judge, Cpu cpu, int pfn)
    {
        for (int half = pfn * Layout.HalvesPerPage; half < (pfn + 1) * Layout.HalvesPerPage; half++)
            if (judge.Memory.LastWriter(new Half(half)) == cpu.Writer) return half;
        return pfn * Layout.HalvesPerPage;
    }
}

/// <summary>I25.</summary>
public sealed class UnfreezeComesLast : Invariant
{
    public override string Id => "I25";
    public override string Statement => "an unfreeze stores the cache references + 1, when word 8, order, pgmap and mapping are final";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "none";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.Unfreezing];

    public override void On(Judge judge, in Moment moment)
    {
        if (moment.Object == Ghost.NoObject) return;
        ref GhostObject o = ref judge.Ghost[moment.Object];
        MemMap m = judge.Memory;
        var folio = new Folio(o.Head);
        ulong info = m[folio.Head.Info], mapping = m[folio.Head.Mapping];
        bool large = (m[folio.Flags] & PageFlag.Head) != 0;
        int cache = o.CacheRefs + o.SwapRefs;
        if (moment.A != (ulong)(cache + 1)) Report(judge, moment.Cpu, ref o, folio.Refcount.Index, "_refcount", $"{cache + 1}", $"{moment.A}");
        else if (o.ExpectedRefs != cache + 1) Report(judge, moment.Cpu, ref o, folio.Refcount.Index, "_refcount", $"{o.ExpectedRefs} references held", $"{moment.A}");
        else if (CompoundPages.IsTail(info)) Report(judge, moment.Cpu, ref o, folio.Head.Info.Low.Index, "compound_info", "no tail marker", $"{info:x}");
        else if (large != o.Order > 0) Report(judge, moment.Cpu, ref o, folio.Flags.Low.Index, "flags", o.Order > 0 ? "PG_head" : "no PG_head", large ? "PG_head" : "no PG_head");
        else if (large && (int)(m[folio.SecondFlags] & PageFlag.OrderMask) != o.Order)
            Report(judge, moment.Cpu, ref o, folio.SecondFlags.Low.Index, "order", $"{o.Order}", $"{m[folio.SecondFlags] & PageFlag.OrderMask}");
        else if (o.IsDevice && info != Boot.PgmapAddress) Report(judge, moment.Cpu, ref o, folio.Head.Pgmap.Low.Index, "pgmap", $"{Boot.PgmapAddress:x}", $"{info:x}");
        else if (o.CacheRefs > 0 && PageCache.MappingOf(mapping) < 0) Report(judge, moment.Cpu, ref o, folio.Head.Mapping.Low.Index, "mapping", "the file's", $"{mapping:x}");
        else if (o.Anon && (mapping & Layout.MappingAnon) == 0) Report(judge, moment.Cpu, ref o, folio.Head.Mapping.Low.Index, "mapping", "an anonymous mapping", $"{mapping:x}");
    }

    private void Report(Judge judge, Cpu cpu, ref GhostObject o, int location, string field, string expected, string found) =>
        judge.Violate(this, cpu, o.Head, location, field, expected, found,
            $"CPU{cpu.Number} unfreezes the {o.Kind} at page {o.Head} (order {o.Order}) while {field} is {found}, not {expected}");
}

/// <summary>I39: judged when the last part is unfrozen; the parts are still locked.</summary>
public sealed class PartsTileTheOriginal : Invariant
{
    public override string Id => "I39";
    public override string Statement => "after a split the parts tile the original, each with a clean head, the right order, mapping and index, and the original's flags incl. locked";
    public override When When => When.Quiescent;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "split selftests";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.SplitDone];

    public override void On(Judge judge, in Moment moment)
    {
        MemMap m = judge.Memory;
        Page original = new(moment.Pfn);
        ulong index = m[original.Index], mapping = m[original.Mapping];
        // Not PG_lru: a walker may isolate a part as soon as that part is unfrozen, before the last one is.
        const ulong same = PageFlag.Locked | PageFlag.Swapbacked | PageFlag.Uptodate | PageFlag.Dirty;
        ulong flags = m[original.Flags] & same;
        int end = moment.Pfn + (1 << (int)moment.A);
        for (int pfn = moment.Pfn; pfn < end;)
        {
            var folio = new Folio(pfn);
            bool large = (m[folio.Flags] & PageFlag.Head) != 0;
            int order = large ? (int)(m[folio.SecondFlags] & PageFlag.OrderMask) : 0;
            int id = judge.Ghost.ObjectOf(pfn);
            if (id == Ghost.NoObject || judge.Ghost[id].Head != pfn || judge.Ghost[id].Order != order || (moment.B != 255 && (ulong)order != moment.B))
                Report(judge, moment, pfn, large ? folio.SecondFlags.Low.Index : folio.Flags.Low.Index, "order", id == Ghost.NoObject ? "a part" : $"{judge.Ghost[id].Order}", $"{order}");
            else if (CompoundPages.IsTail(m[folio.Head.Info])) Report(judge, moment, pfn, folio.Head.Info.Low.Index, "compound_info", "no tail marker", $"{m[folio.Head.Info]:x}");
            else if ((m[folio.Flags] & PageFlag.Locked) == 0) Report(judge, moment, pfn, folio.Flags.Low.Index, "flags", "PG_locked", "not locked");
            else if ((m[folio.Flags] & same) != flags) Report(judge, moment, pfn, folio.Flags.Low.Index, "flags", $"{flags:x}", $"{m[folio.Flags] & same:x}");
            // A part beyond the end of the file has been taken out of the page cache.
            else if (m[folio.Head.Mapping] != mapping && !(m[folio.Head.Mapping] == 0 && PageCache.MappingOf(mapping) >= 0)) Report(judge, moment, pfn, folio.Head.Mapping.Low.Index, "mapping", $"{mapping:x}", $"{m[folio.Head.Mapping]:x}");
            else if (m[folio.Head.Index] != index + (ulong)(pfn - moment.Pfn)) Report(judge, moment, pfn, folio.Head.Index.Low.Index, "index", $"{index + (ulong)(pfn - moment.Pfn)}", $"{m[folio.Head.Index]}");
            else if (large && m[folio.NrPages] != 1u << order) Report(judge, moment, pfn, folio.NrPages.Index, "_nr_pages", $"{1 << order}", $"{m[folio.NrPages]}");
            if (judge.First is not null) return;
            pfn += 1 << order;
        }
    }

    private void Report(Judge judge, in Moment moment, int pfn, int location, string field, string expected, string found) =>
        judge.Violate(this, moment.Cpu, pfn, location, field, expected, found,
            $"after the split of the order-{moment.A} folio at page {moment.Pfn} the part at page {pfn} has {field} {found}, not {expected}");
}
