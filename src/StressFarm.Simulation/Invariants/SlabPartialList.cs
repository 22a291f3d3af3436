namespace StressFarm.Simulation.Invariants;

/// <summary>I49b.</summary>
public sealed class PartialListHasThePartialSlabs : Invariant
{
    public override string Id => "I49b";
    public override string Statement => "the node's partial list leads through the live slabs that have room, and back";
    public override When When => When.Quiescent;
    public override Severity Severity => Severity.Leak;
    public override string Mirror => "list_del corruption, slub_debug's count of partial slabs";

    public override void AuditObject(Judge judge, int id)
    {
        ref GhostObject o = ref judge.Ghost[id];
        if (o.Kind != Owner.Slab || o.Phase != Phase.Live) return;
        MemMap m = judge.Memory;
        var head = new Page(o.Head);
        ulong inuse = m[head.Private], self = m.AddressOf(head.Prev);
        Word next = m.WordAt(m[head.Prev]), prev = m.WordAt(m[head.Mapping]);
        bool listed = next.Index >= 0 && prev.Index >= 0 && m[prev] == self && m[new Word(next.Index + 1)] == self;
        if (listed == inuse < SlabMemory.ObjectsPerSlab) return;
        judge.Violate(this, null, o.Head, head.Prev.Low.Index, "slab_list", listed ? "on no list" : "on the partial list", listed ? "listed" : "not listed",
            $"the slab at page {o.Head} has {inuse} of {SlabMemory.ObjectsPerSlab} objects in use and is {(listed ? "on the partial list" : "not on the partial list")}");
    }

    public override void AuditEmpty(Judge judge)
    {
        Word head = judge.Machine.Cells.SlabPartial;
        if (judge.Memory[head] == judge.Memory.AddressOf(head)) return;
        judge.Violate(this, null, -1, head.Low.Index, "slab_list", "an empty list", $"{judge.Memory[head]:x}", $"no slab is left and the partial list leads to {judge.Memory[head]:x}");
    }
}
