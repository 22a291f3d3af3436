namespace StressFarm.Kernel.Ghosts;

/// <summary>Objects whose references are frozen, and what becomes of them in a split.</summary>
public sealed partial class Ghost
{
    public void Freeze(StepCpu cpu, int pfn)
    {
        int id = _object[pfn];
        if (id == NoObject) return;
        _objects[id].Phase = Phase.Frozen;
        _objects[id].EvictDue = 0;
        _objects[id].PhaseCpu = cpu.Number;
    }

    public void Unfreeze(StepCpu cpu, int pfn)
    {
        int id = _object[pfn];
        if (id == NoObject) return;
        _objects[id].Phase = Phase.Live;
        Tell(MomentKind.Unfrozen, cpu, pfn, id);
    }

    /// <summary>
    /// Split: the pages [<paramref name="pfn"/>, +2^<paramref name="order"/>) leave their object and become one of their own,
    /// frozen by this CPU. The former object keeps its head and must be shrunk by <see cref="Shrink"/>.
    /// </summary>
    public int SplitOff(StepCpu cpu, int pfn, int order)
    {
        int former = _object[pfn], pages = 1 << order, id = NewObject();
        ref GhostObject o = ref _objects[id], from = ref _objects[former];
        Owner kind = from.Kind == Owner.Folio && order == 0 ? Owner.Small : from.Kind;
        o.Head = pfn;
        o.Order = order;
        o.Kind = kind;
        o.Phase = Phase.Frozen;
        o.PhaseCpu = cpu.Number;
        o.Rmappable = order > 0;
        o.Anon = from.Anon;
        o.Locker = from.Locker;
        if (from.CacheRefs > 0)
        {
            o.CacheRefs = pages;
            from.CacheRefs -= pages;
        }
        if (from.SwapRefs > 0)
        {
            o.SwapRefs = pages;
            from.SwapRefs -= pages;
        }
        o.Life = ++_lifeCounter;
        for (int i = pfn; i < pfn + pages; i++)
        {
            _object[i] = id;
            _life[i] = o.Life;
            _owner[i] = kind;
        }
        return id;
    }

    /// <summary>Split: what is left of the original object.</summary>
    public void Shrink(int pfn, int order)
    {
        ref GhostObject o = ref _objects[_object[pfn]];
        o.Order = order;
        o.EvictDue = 0;
        if (order != 0) return;
        o.Rmappable = false;
        if (o.Kind != Owner.Folio) return;
        o.Kind = Owner.Small;
        _owner[pfn] = Owner.Small;
    }
}
