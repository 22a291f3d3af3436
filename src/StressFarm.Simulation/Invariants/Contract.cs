namespace StressFarm.Simulation.Invariants;

/// <summary>
/// I55, INV-FRZ: judged under CMP=CONTRACT. A frozen owner has the words of its head that its overlay covers, never the refcount,
/// and none of a tail's; device memory that is free is a page frozen by the driver, which has zone_device_data of each page. What mm
/// itself does to such pages (alloc, free) is not the owner's doing: the step says who writes.
/// </summary>
public sealed class FrozenOwnersKeepToTheirWords : Invariant
{
    private const ushort SlabHead = Halves.Flags | Halves.Info | Halves.Prev | Halves.Mapping | Halves.Index | Halves.Private | Halves.Mapcount | Halves.Memcg;

    public override string Id => "I55";
    public override string Statement => "under CMP=CONTRACT a frozen owner writes only words that its class of owner may write";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "none";
    public override ushort Reads => ushort.MaxValue;
    public override bool Applies(Policy policy) => policy.Cmp == Cmp.Contract;

    public override void PageWritten(Judge judge, Cpu cpu, int pfn)
    {
        Step step = new WriterStamp(cpu.Writer).Step;
        int id = judge.Ghost.ObjectOf(pfn);
        bool head = id != Ghost.NoObject && judge.Ghost[id].Head == pfn;
        int mask = step switch
        {
            Step.SlabAlloc or Step.SlabUse or Step.SlabList or Step.SlabFree => head ? SlabHead : 0,
            Step.LkAlloc or Step.LkFree => head ? Halves.Mapcount : 0,
            Step.V2 when id == Ghost.NoObject => Halves.Prev,
            _ => ushort.MaxValue,
        };
        if (mask == ushort.MaxValue) return;
        for (int half = 0; half < Layout.HalvesPerPage; half++)
        {
            int location = pfn * Layout.HalvesPerPage + half;
            if ((mask >> half & 1) != 0 || judge.Memory.LastWriter(new Half(location)) != cpu.Writer) continue;
            judge.Violate(this, cpu, pfn, location, Layout.NameOf(half), "a word that mm keeps", $"written at {step}",
                $"the owner of page {pfn} ({judge.Ghost.OwnerOf(pfn)}) writes {Layout.NameOf(half)} of a {(head ? "head" : "page that is no head")}, which is not its own");
            return;
        }
    }
}

/// <summary>I12 under MAP=PFNMAP: nothing counts a special entry, so the page tables themselves are asked.</summary>
public sealed class FreedMemoryIsNotMappedByPfn : Invariant
{
    public override string Id => "I12c";
    public override string Statement => "under MAP=PFNMAP no special entry leads to memory that is being freed";
    public override When When => When.Free;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "none";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.FreeCheck];

    public override void On(Judge judge, in Moment moment)
    {
        if (judge.Policy.Map != Map.PfnMap) return;
        var search = new SpecialSearch(moment.Pfn, 1 << (int)moment.A);
        PageTables.Visit(judge, ref search);
        if (search.Cell.Index < 0) return;
        judge.Violate(this, moment.Cpu, search.Found, search.Cell.Low.Index, "pte", "none", "a special entry",
            $"page {search.Found} is freed while {judge.Machine.Cells.NameOf(search.Cell)} maps it by pfn: user space goes on writing to it");
    }

    private struct SpecialSearch(int pfn, int pages) : PageTables.IVisitor
    {
        public Word Cell = new(-1);
        public int Found = -1;

        public void See(PageTables.Entry entry)
        {
            if (Cell.Index >= 0 || !entry.Value.IsSpecial || entry.Value.Pfn < pfn || entry.Value.Pfn >= pfn + pages) return;
            (Cell, Found) = (entry.Cell, entry.Value.Pfn);
        }
    }
}
