namespace StressFarm.Simulation.Invariants;

/// <summary>I57, what must succeed: judged by what the kernel could know at that point.</summary>
public sealed class NoSpuriousFailure : Invariant
{
    public override string Id => "I57b";
    public override string Statement => "a grab under the page table lock succeeds on a mapped folio, and an rmap walk that no pin stops leaves nothing mapped";
    public override When When => When.Always;
    public override Severity Severity => Severity.Leak;
    public override string Mirror => "WARN_ON_ONCE(folio_ref_count(folio) <= 0), VM_WARN in unmap_folio";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.GrabFailed, MomentKind.UnmapDone];

    public override void On(Judge judge, in Moment moment)
    {
        if (moment.Object == Ghost.NoObject) return;
        ref GhostObject o = ref judge.Ghost[moment.Object];
        var folio = new Folio(o.Head);
        if (moment.Kind == MomentKind.GrabFailed)
        {
            int refs = (int)judge.Memory[folio.Refcount];
            if (refs <= 0 || judge.Policy.Gup == Gup.Fail) return;
            judge.Violate(this, moment.Cpu, o.Head, folio.Refcount.Index, "_refcount", "a grab that succeeds", $"-EFAULT, refcount {refs}",
                $"GUP holds the page table lock over a mapping of the {o.Kind} at page {o.Head} (refcount {refs}) and its grab fails all the same");
            return;
        }
        // The mapcount as well: a zap that is under way counts down first.
        if (moment.A == 0 || o.PteMaps + o.PmdMaps == 0) return;
        Half mapcount = o.IsCompound ? folio.LargeMapcount : folio.Head.Mapcount;
        judge.Violate(this, moment.Cpu, o.Head, mapcount.Index, o.IsCompound ? "_large_mapcount" : "_mapcount", "nothing mapped", $"{o.PteMaps} PTEs, {o.PmdMaps} PMD entries",
            $"the rmap walk for the {o.Kind} at page {o.Head} is over, no pin stopped it, and {o.PteMaps} PTEs and {o.PmdMaps} PMD entries still map it: no retry will do better");
    }
}

/// <summary>I57, locks: an operation that has ended holds none.</summary>
public sealed class LocksAreBalanced : Invariant
{
    public override string Id => "I57c";
    public override string Statement => "no lock is held when no operation is under way";
    public override When When => When.Quiescent;
    public override Severity Severity => Severity.Leak;
    public override string Mirror => "lockdep: lock held when returning to user space";

    public override void AuditMachine(Judge judge)
    {
        Cells cells = judge.Machine.Cells;
        Word ptls = cells.Ptl(0, 0);
        int held = judge.Memory.NextUsed(ptls, 0, Geometry.MaxMms * Geometry.MaxTables);
        if (held >= 0) Report(judge, new Word(ptls.Index + held));
        Check(judge, cells.ZoneLock);
        Check(judge, cells.LruvecLock);
        Check(judge, cells.DriverLock);
        Check(judge, cells.AnonVmaRoot);
        Check(judge, cells.HotplugLock);
        for (int memcg = 0; memcg < Geometry.MaxMemcgs; memcg++) Check(judge, cells.DeferredLockOf(memcg));
    }

    private void Check(Judge judge, Word word)
    {
        if (judge.Memory[word] != 0) Report(judge, word);
    }

    private void Report(Judge judge, Word word) =>
        judge.Violate(this, null, -1, word.Low.Index, "lock", "free", "held",
            $"{judge.Machine.Cells.NameOf(word)} is held and no operation is under way: whoever takes it next waits for ever");
}

/// <summary>I12, the LRU's side of it.</summary>
public sealed class LruFoliosAreCharged : Invariant
{
    public override string Id => "I12b";
    public override string Statement => "a folio that is put on the LRU is charged to a memory control group, whose list it goes to";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "VM_WARN_ON_ONCE_FOLIO(!folio_memcg(folio)) in folio_lruvec_lock";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.LruAdded];

    public override void On(Judge judge, in Moment moment)
    {
        if (moment.Object == Ghost.NoObject) return;
        ref GhostObject o = ref judge.Ghost[moment.Object];
        var head = new Page(o.Head);
        if (!o.Anon || judge.Memory[head.MemcgData] != 0) return;
        judge.Violate(this, moment.Cpu, o.Head, head.MemcgData.Low.Index, "memcg_data", "a memory control group", "0",
            $"the {o.Kind} at page {o.Head} is put on the LRU and is charged to nobody");
    }
}

/// <summary>I28, the tables' side of it.</summary>
public sealed class TablesOutliveTheirWalkers : Invariant
{
    public override string Id => "I28b";
    public override string Statement => "a page table is not freed while a CPU that looks at it has IRQs off";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "none";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.FreedTableRead];

    public override void On(Judge judge, in Moment moment)
    {
        Word pmd = judge.Machine.Cells.Pmd((int)moment.A, (int)moment.B);
        judge.Violate(this, moment.Cpu, -1, pmd.Low.Index, "page table", "the table that the walk entered", "freed",
            $"GUP-fast on CPU{moment.Cpu.Number} reads an entry of table {moment.B} of mm {moment.A}, which has been freed since it entered it");
    }
}

/// <summary>I14, where a pointer was made of something that is none.</summary>
public sealed class NoWildPages : Invariant
{
    public override string Id => "I14b";
    public override string Statement => "a struct page is reached by entries that hold one, decoded for what they are";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "page fault";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.WildPage];

    public override void On(Judge judge, in Moment moment) =>
        judge.Violate(this, moment.Cpu, moment.Pfn, -1, "pmd", $"a migration entry of page {moment.Pfn}", $"pfn {moment.A:x}",
            $"pmd_folio() of a migration entry of page {moment.Pfn} gives the struct page of pfn {moment.A:x}, which does not exist");
}
