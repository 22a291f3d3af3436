namespace StressFarm.Kernel.Operations;

/// <summary>A walk over system pages, cut to the arena.</summary>
public abstract class SystemWalk : Operation
{
    private static readonly Parameter s_pfn = new(Domain.Pfn, meaning: "the first of them"), s_count = new(Domain.Pages, "count", "how many", usual: 1);

    public sealed override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_pfn, s_count);
    public sealed override Premises PremisesOf(OpCall call) => Premises.Pfns;

    public static OpCall Call<T>(int pfn, int count = 1) where T : SystemWalk, new() => new(Operation<T>.Instance, pfn, count);

    public sealed override Op Run(Cpu cpu, OpCall call) =>
        Walk(cpu, call[s_pfn], Math.Min(call[s_pfn] + call[s_count], cpu.Machine.Arena.SystemPages));

    // Two loops, since a call more at each page is what a walk would mostly do.
    private protected abstract Op Walk(Cpu cpu, int first, int end);
}

/// <summary>A walk that says itself how far it came.</summary>
public abstract class PfnWalk : SystemWalk
{
    private protected sealed override async Op Walk(Cpu cpu, int first, int end)
    {
        if (!await Begin(cpu, first, end)) return;
        for (int pfn = first; pfn < end;) pfn = await Visit(cpu, pfn);
    }

    /// <summary>Whether there is to be a walk.</summary>
    protected virtual Op<bool> Begin(Cpu cpu, int first, int end) => new(true);

    /// <summary>Looks at one pfn; the next to look at.</summary>
    protected abstract Op<int> Visit(Cpu cpu, int pfn);
}

/// <summary>A walk over one page after the other.</summary>
public abstract class PageByPageWalk : SystemWalk
{
    private protected sealed override async Op Walk(Cpu cpu, int first, int end)
    {
        for (int pfn = first; pfn < end; pfn++) await Look(cpu, pfn);
    }

    /// <summary>Looks at one pfn.</summary>
    protected abstract Op Look(Cpu cpu, int pfn);
}

public sealed class IdleWalk : PageByPageWalk
{
    public override string Id => "page_idle";
    public override string Summary => "marks folios of the LRU as idle";
    protected override Op Look(Cpu cpu, int pfn) => PfnWalkers.Idle(cpu, pfn);
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
    protected override Op Look(Cpu cpu, int pfn) => PfnWalkers.Snapshot(cpu, pfn);
}

public sealed class StaleLookups : PageByPageWalk
{
    public override string Id => "filemap_get_entry";
    public override string Summary => "takes references through stale pointers and puts them back";
    protected override Op Look(Cpu cpu, int pfn) => PfnWalkers.StaleLookup(cpu, pfn);
}

/// <summary>Refused (-EBUSY) when the range holds what cannot be moved, as far as a racy look tells.</summary>
public sealed class OfflineWalk : PfnWalk
{
    public override string Id => "offline_pages";
    public override string Summary => "tries to empty a range of pfns for hotplug";

    protected override async Op<bool> Begin(Cpu cpu, int first, int end)
    {
        for (int pfn = first; pfn < end; pfn++)
            if (!await PfnWalkers.IsMovable(cpu, pfn)) return false;
        return true;
    }

    protected override Op<int> Visit(Cpu cpu, int pfn) => PfnWalkers.Offline(cpu, pfn);
}
