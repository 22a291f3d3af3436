namespace StressFarm.Simulation.Invariants;

/// <summary>I21.</summary>
public sealed class RefcountIsExplained : Invariant
{
    public override string Id => "I21";
    public override string Statement => "the refcount of a live object is the sum of what threads, page tables, pins and others hold";
    public override When When => When.Quiescent;
    public override Severity Severity => Severity.Leak;
    public override string Mirror => "folio_expected_ref_count";

    public override void AuditObject(Judge judge, int id)
    {
        ref GhostObject o = ref judge.Ghost[id];
        if (o.Phase != Phase.Live || o.FrozenOwner) return;
        var head = new Page(o.Head);
        int count = (int)judge.Memory[head.Refcount];
        if (count == o.ExpectedRefs) return;
        judge.Violate(this, null, o.Head, head.Refcount.Index, "_refcount", $"{o.ExpectedRefs}", $"{count}",
            $"the {o.Kind} at page {o.Head} has refcount {count}; its holders explain {o.ExpectedRefs} (threads {o.ThreadRefs}, page tables {o.PteRefs}, pins {o.PinRefs}, others {o.OtherRefs})");
    }
}

/// <summary>I21, the page tables' share: read from the entries themselves.</summary>
public sealed class EntriesHoldTheirReferences : Invariant
{
    public override string Id => "I21b";
    public override string Statement => "the references that an object's holders explain as the page tables' are as many as present and device-private entries lead to it";
    public override When When => When.Quiescent;
    public override Severity Severity => Severity.Leak;
    public override string Mirror => "folio_expected_ref_count";

    public override void AuditMachine(Judge judge)
    {
        Span<int> entries = judge.Scratch(judge.Ghost.ObjectCount);
        var count = new EntryCount(judge, entries);
        PageTables.Visit(judge, ref count);
        for (int id = 0; id < judge.Ghost.ObjectCount; id++)
        {
            ref GhostObject o = ref judge.Ghost[id];
            if (o.Phase != Phase.Live || o.PteRefs == entries[id]) continue;
            var head = new Page(o.Head);
            judge.Violate(this, null, o.Head, head.Refcount.Index, "_refcount", $"{o.PteRefs} entries", $"{entries[id]} entries",
                $"the {o.Kind} at page {o.Head} has {o.PteRefs} references for the page tables, in which {entries[id]} entries lead to it");
            return;
        }
    }
}

/// <summary>I22.</summary>
public sealed class RefcountNeverBelowHolders : Invariant
{
    public override string Id => "I22";
    public override string Statement => "a put drops a reference its thread holds, the refcount is never below what is held, and never passes through 0 by addition";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "VM_BUG_ON in put_page_testzero, WARN_ON < 0 in try_get_folio";
    public override ushort Reads => Halves.Refcount;
    public override PageStates States => PageStates.Live | PageStates.Allocating;
    public override bool Concerns(Situation at) => at.Role == PageRole.Head;
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.RefTaken, MomentKind.RefDropped];

    public override void PageWritten(Judge judge, Cpu cpu, int pfn)
    {
        int id = judge.Ghost.ObjectOf(pfn);
        if (id == Ghost.NoObject) return;
        ref GhostObject o = ref judge.Ghost[id];
        if (o.Phase is not (Phase.Live or Phase.Allocating) || o.FrozenOwner || pfn != o.Head) return;
        int count = (int)judge.Memory[new Page(pfn).Refcount];
        // As signed difference: a count that overflowed into the negative is still compared with its holders.
        if (unchecked(count - o.ExpectedRefs) >= 0) return;
        judge.Violate(this, cpu, pfn, new Page(pfn).Refcount.Index, "_refcount", $"at least {o.ExpectedRefs}", $"{count}",
            $"the {o.Kind} at page {pfn} has refcount {count} while {o.ExpectedRefs} references are held");
    }

    public override void On(Judge judge, in Moment moment)
    {
        var page = new Page(moment.Pfn);
        int count = (int)judge.Memory[page.Refcount];
        if (moment.Kind == MomentKind.RefDropped)
        {
            if (moment.B != 0) return;
            judge.Violate(this, moment.Cpu, moment.Pfn, page.Refcount.Index, "_refcount", $"{moment.A} references held by CPU{moment.Cpu.Number}", "fewer",
                $"CPU{moment.Cpu.Number} puts {moment.A} references of page {moment.Pfn} ({judge.Ghost.OwnerOf(moment.Pfn)}) that it does not hold");
            return;
        }
        int before = unchecked(count - (int)moment.A);
        if (before >= 0) return;
        // The kernel looks at the count and then adds: every other CPU may have looked before the count went negative, and
        // each adds at most one grab.
        int grab = Math.Max(Layout.PinBias, 1 << judge.Machine.Arena.PmdOrder);
        if (before < int.MinValue + judge.Machine.Arena.Cpus * grab) return;
        judge.Violate(this, moment.Cpu, moment.Pfn, page.Refcount.Index, "_refcount", "no get on an overflowed count", $"{before} before, {count} after",
            $"a get succeeded on page {moment.Pfn} although its refcount had overflowed to {before}");
    }
}
