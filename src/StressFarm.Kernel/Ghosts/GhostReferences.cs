namespace StressFarm.Kernel.Ghosts;

/// <summary>The multiset of references: how many, of which kind, and who holds them.</summary>
public sealed partial class Ghost
{
    private readonly int _cpus;
    /// <summary>By object and CPU.</summary>
    private Logged<int> _held;
    /// <summary>By object and mm.</summary>
    private Logged<int> _mmMaps;
    private Logged<ushort> _pteMaps;
    private Logged<ushort> _pagePins;

    /// <summary>References that a CPU holds on an object.</summary>
    public int HeldBy(int id, int cpu) => _held[id * _cpus + cpu];
    /// <summary>Entries of one mm that map (part of) an object: PTEs and PMDs.</summary>
    public int MapsOf(int id, int mm) => _mmMaps[id * Geometry.MaxMms + mm];
    /// <summary>PTEs that map a page.</summary>
    public int PtesOf(int pfn) => _pteMaps[pfn];
    /// <summary>GUP pins of a page that a caller holds.</summary>
    public int PinsOf(int pfn) => _pagePins[pfn];

    /// <summary>The allocation's first reference: set_page_refcounted() / set_page_count().</summary>
    public void FirstRef(StepCpu cpu, int pfn)
    {
        int id = _object[pfn];
        if (id == NoObject) return;
        _objects[id].ThreadRefs++;
        _held[id * _cpus + cpu.Number]++;
    }

    /// <summary>A thread took <paramref name="n"/> references on the page's refcount.</summary>
    public void Get(StepCpu cpu, int pfn, int n = 1)
    {
        int id = _object[pfn];
        if (id != NoObject)
        {
            _objects[id].ThreadRefs += n;
            _held[id * _cpus + cpu.Number] += n;
        }
        Tell(MomentKind.RefTaken, cpu, pfn, id, (ulong)n);
    }

    /// <summary>A thread dropped references. Reports I22 when it did not hold them.</summary>
    public void Put(StepCpu cpu, int pfn, int n = 1)
    {
        int id = _object[pfn];
        bool held = id != NoObject && _held[id * _cpus + cpu.Number] >= n;
        if (held)
        {
            _objects[id].ThreadRefs -= n;
            _held[id * _cpus + cpu.Number] -= n;
        }
        Tell(MomentKind.RefDropped, cpu, pfn, id, (ulong)n, held ? 1UL : 0);
    }

    /// <summary>References change hands from a thread to the page tables (n &gt; 0) or back (n &lt; 0).</summary>
    public void ThreadToPte(StepCpu cpu, int pfn, int n)
    {
        if (ThreadGives(cpu, pfn, n, out int id)) _objects[id].PteRefs += n;
    }

    /// <summary>A thread loses a reference without putting it: nobody holds what the refcount still counts.</summary>
    public void Forget(StepCpu cpu, int pfn) => ThreadGives(cpu, pfn, 1, out _);

    /// <summary>References are a CPU's no more; false where there is no object that has any.</summary>
    private bool ThreadGives(StepCpu cpu, int pfn, int n, out int id)
    {
        id = _object[pfn];
        if (id == NoObject) return false;
        _objects[id].ThreadRefs -= n;
        _held[id * _cpus + cpu.Number] -= n;
        return true;
    }

    /// <summary>References change hands between a thread and an opaque holder (LRU batch, swap cache…).</summary>
    public void ThreadToOther(StepCpu cpu, int pfn, int n)
    {
        if (ThreadGives(cpu, pfn, n, out int id)) _objects[id].OtherRefs += n;
    }

    /// <summary>References change hands from a thread to the page cache (n &gt; 0) or back.</summary>
    public void ThreadToCache(StepCpu cpu, int pfn, int n)
    {
        if (ThreadGives(cpu, pfn, n, out int id)) _objects[id].CacheRefs += n;
    }

    /// <summary>The same with the swap cache.</summary>
    public void ThreadToSwap(StepCpu cpu, int pfn, int n)
    {
        if (ThreadGives(cpu, pfn, n, out int id)) _objects[id].SwapRefs += n;
    }

    /// <summary>Migration: what the caches hold of one folio they hold of another, for which a thread took the references.</summary>
    public void MoveCacheRefs(StepCpu cpu, int from, int to)
    {
        ref GhostObject source = ref _objects[_object[from]], destination = ref _objects[_object[to]];
        int refs = source.CacheRefs + source.SwapRefs;
        destination.ThreadRefs -= refs;
        _held[_object[to] * _cpus + cpu.Number] -= refs;
        destination.CacheRefs += source.CacheRefs;
        destination.SwapRefs += source.SwapRefs;
        source.CacheRefs = source.SwapRefs = 0;
    }

    /// <summary>References of one CPU become another's: a handle was passed on.</summary>
    public void HandOver(int pfn, int from, int to, int n)
    {
        int id = _object[pfn];
        if (id == NoObject) return;
        _held[id * _cpus + from] -= n;
        _held[id * _cpus + to] += n;
    }

    /// <summary>Thread references become pins, which weigh <paramref name="refs"/> in _refcount and <paramref name="pincount"/> in _pincount.</summary>
    public void Pin(StepCpu cpu, int pfn, int pins, int refs, int pincount)
    {
        int id = _object[pfn];
        if (id == NoObject) return;
        ref GhostObject o = ref _objects[id];
        o.ThreadRefs -= pins;
        _held[id * _cpus + cpu.Number] -= pins;
        o.Pins += pins;
        o.PinRefs += refs;
        o.PinCounts += pincount;
        Tell(MomentKind.Pinned, cpu, pfn, id, (ulong)pins);
    }

    /// <summary>The reverse of <see cref="Pin"/>: the pins are thread references again, about to be put.</summary>
    public void Unpin(StepCpu cpu, int pfn, int pins, int refs, int pincount)
    {
        int id = _object[pfn];
        if (id == NoObject) return;
        ref GhostObject o = ref _objects[id];
        if (o.Pins < pins) Tell(MomentKind.RefDropped, cpu, pfn, id, (ulong)pins);
        o.ThreadRefs += pins;
        _held[id * _cpus + cpu.Number] += pins;
        o.Pins -= pins;
        o.PinRefs -= refs;
        o.PinCounts -= pincount;
        Tell(MomentKind.Unpinned, cpu, pfn, id, (ulong)pins);
    }

    /// <summary>GUP returned pins of these pages to its caller (d = 1), who now gives them back (d = -1).</summary>
    public void PinPages(int pfn, int count, int d)
    {
        for (int i = pfn; i < pfn + count; i++) _pagePins[i] = (ushort)Math.Max(0, _pagePins[i] + d);
    }

    /// <summary>Rmap accounted a PTE (d = 1) or un-accounted it (d = -1).</summary>
    public void MapPte(int pfn, int mm, int d)
    {
        int id = _object[pfn];
        _pteMaps[pfn] = (ushort)(_pteMaps[pfn] + d);
        if (id == NoObject) return;
        _objects[id].PteMaps += d;
        _mmMaps[id * Geometry.MaxMms + mm] += d;
    }

    /// <summary>The same of consecutive pages.</summary>
    public void MapPtes(int pfn, int count, int mm, int d)
    {
        for (int i = pfn; i < pfn + count; i++) MapPte(i, mm, d);
    }

    public void MapPmd(int pfn, int mm, int d)
    {
        int id = _object[pfn];
        if (id == NoObject) return;
        _objects[id].PmdMaps += d;
        _mmMaps[id * Geometry.MaxMms + mm] += d;
    }
}
