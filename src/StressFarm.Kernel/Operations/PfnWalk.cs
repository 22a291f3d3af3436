namespace StressFarm.Kernel.Operations;

/// <summary>A walk over system pages that says itself how far it came. A: first pfn, B: how many; both are cut to the arena.</summary>
public abstract class PfnWalk : Operation
{
    public override async Op Run(Cpu cpu, OpCall call)
    {
        int end = Math.Min(call.A + call.B, cpu.Machine.Arena.SystemPages);
        for (int pfn = call.A; pfn < end;) pfn = await Visit(cpu, pfn);
    }

    /// <summary>Looks at one pfn; the next to look at.</summary>
    protected abstract Op<int> Visit(Cpu cpu, int pfn);
}

/// <summary>A walk over system pages, one after the other. A: first pfn, B: how many; both are cut to the arena.</summary>
public abstract class PageByPageWalk : Operation
{
    public override async Op Run(Cpu cpu, OpCall call)
    {
        int end = Math.Min(call.A + call.B, cpu.Machine.Arena.SystemPages);
        for (int pfn = call.A; pfn < end; pfn++) await Visit(cpu, pfn);
    }

    /// <summary>Looks at one pfn.</summary>
    protected abstract Op Visit(Cpu cpu, int pfn);
}

public sealed class IdleWalk : PageByPageWalk
{
    public override string Id => "page_idle";
    public override string Summary => "marks folios of the LRU as idle";
    protected override Op Visit(Cpu cpu, int pfn) => PfnWalkers.Idle(cpu, pfn);
}

public sealed class CompactionWalk : PfnWalk
{
    public override string Id => "compaction";
    public override string Summary => "isolates folios from the LRU and puts them back";
    protected override Op<int> Visit(Cpu cpu, int pfn) => PfnWalkers.Compact(cpu, pfn);
}

public sealed class SnapshotWalk : PageByPageWalk
{
    public override string Id => "kpageflags";
    public override string Summary => "copies page words without a reference";
    protected override Op Visit(Cpu cpu, int pfn) => PfnWalkers.Snapshot(cpu, pfn);
}

public sealed class StaleLookups : PageByPageWalk
{
    public override string Id => "filemap_get_entry";
    public override string Summary => "takes references through stale pointers and puts them back";
    protected override Op Visit(Cpu cpu, int pfn) => PfnWalkers.StaleLookup(cpu, pfn);
}

/// <summary>Refused (-EBUSY) when the range holds what cannot be moved, as far as a racy look tells.</summary>
public sealed class OfflineWalk : PfnWalk
{
    public override string Id => "offline_pages";
    public override string Summary => "tries to empty a range of pfns for hotplug";

    public override async Op Run(Cpu cpu, OpCall call)
    {
        int end = Math.Min(call.A + call.B, cpu.Machine.Arena.SystemPages);
        for (int pfn = call.A; pfn < end; pfn++)
            if (!await PfnWalkers.IsMovable(cpu, pfn)) return;
        for (int pfn = call.A; pfn < end;) pfn = await Visit(cpu, pfn);
    }

    protected override Op<int> Visit(Cpu cpu, int pfn) => PfnWalkers.Offline(cpu, pfn);
}
