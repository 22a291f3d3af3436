namespace StressFarm.Simulation.Invariants;

/// <summary>
/// I40: judged when a slot is stored, when a folio is unfrozen, which is when lookups can have it, and when a lookup returns one.
/// A frozen folio cannot be got, whatever slots lead to it; that is how a split hides.
/// </summary>
public sealed class SlotsYieldTheirFolio : Invariant
{
    public override string Id => "I40";
    public override string Statement => "a page cache slot yields a folio of that file that covers its index, or one that is frozen";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "none; VM_BUG_ON_FOLIO(!folio_contains(folio, index)) in some callers";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.CacheSlotStored, MomentKind.CacheGot, MomentKind.Unfrozen];

    public override void On(Judge judge, in Moment moment)
    {
        if (moment.Kind == MomentKind.Unfrozen)
        {
            ref GhostObject o = ref judge.Ghost[moment.Object];
            int mapping = o.CacheRefs > 0 ? PageCache.MappingOf(judge.Memory[new Page(o.Head).Mapping]) : -1;
            for (int index = 0; mapping >= 0 && index < PageCache.Slots && judge.First is null; index++) CheckSlot(judge, moment.Cpu, mapping, index, o.Head);
            return;
        }
        if (moment.Kind == MomentKind.CacheSlotStored)
        {
            CheckSlot(judge, moment.Cpu, (int)moment.A, (int)moment.B, -1);
            return;
        }
        Check(judge, moment.Cpu, (int)moment.A, (int)moment.B, moment.Pfn);
    }

    /// <summary>What a slot leads to, if that is page <paramref name="only"/> or any is asked for.</summary>
    private void CheckSlot(Judge judge, Cpu? cpu, int mapping, int index, int only)
    {
        ulong entry = XArray.Peek(judge.Machine, mapping, index);
        if (entry == 0 || XArray.IsValue(entry)) return;
        int pfn = judge.Memory.PfnAt(entry);
        if (only < 0 || pfn == only) Check(judge, cpu, mapping, index, pfn);
    }

    private void Check(Judge judge, Cpu? cpu, int mapping, int index, int pfn)
    {
        int id = pfn < 0 ? Ghost.NoObject : judge.Ghost.ObjectOf(pfn);
        bool its = id != Ghost.NoObject && judge.Ghost[id].Head == pfn && judge.Ghost[id].Phase is Phase.Live or Phase.Frozen;
        if (its && judge.Ghost[id].Phase == Phase.Frozen) return;
        var page = new Page(Math.Max(pfn, 0));
        int first = (int)judge.Memory[page.Index];
        if (its && judge.Memory[page.Mapping] == PageCache.MappingAddress(mapping) && index >= first && index < first + judge.Ghost[id].Pages) return;
        string found = its ? $"the {judge.Ghost[id].Kind} of indexes {first}..{first + judge.Ghost[id].Pages - 1}" : $"page {pfn}, {(pfn < 0 ? "no page" : judge.Ghost.OwnerOf(pfn))}";
        judge.Violate(this, cpu, pfn, page.Index.Low.Index, "i_pages", $"a folio that covers index {index}", found,
            $"index {index} of mapping {mapping} leads to page {pfn}, which is {found}: a lookup returns another part of the file");
    }

    /// <summary>At rest: every slot leads to the right folio, and every cached folio is led to by as many slots as it has pages.</summary>
    public override void AuditMachine(Judge judge)
    {
        Span<int> slots = judge.Scratch(judge.Ghost.ObjectCount);
        for (int mapping = 0; mapping < PageCache.Mappings; mapping++)
        {
            Word first = judge.Machine.Cells.XaSlot(mapping, 0);
            for (int index = -1; (index = judge.Memory.NextUsed(first, index + 1, PageCache.Slots)) >= 0 && judge.First is null;)
            {
                CheckSlot(judge, null, mapping, index, -1);
                int pfn = judge.Memory.PfnAt(XArray.Peek(judge.Machine, mapping, index));
                if (pfn >= 0 && judge.Ghost.ObjectOf(pfn) is >= 0 and var id) slots[id]++;
            }
        }
        for (int id = 0; id < judge.Ghost.ObjectCount; id++)
        {
            ref GhostObject o = ref judge.Ghost[id];
            if (o.Phase != Phase.Live || o.CacheRefs == slots[id]) continue;
            judge.Violate(this, null, o.Head, new Page(o.Head).Refcount.Index, "i_pages", $"{o.CacheRefs} slots", $"{slots[id]} slots",
                $"the {o.Kind} at page {o.Head} has {o.CacheRefs} references for the page cache, in which {slots[id]} slots lead to it");
            return;
        }
    }
}
