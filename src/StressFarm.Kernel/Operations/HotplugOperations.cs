namespace StressFarm.Kernel.Operations;

/// <summary>What needs sections does nothing on a machine without them.</summary>
public abstract class SectionOperation : Operation
{
    private static readonly Parameter s_section = new(Domain.Section, meaning: "modulo those of the arena");

    public sealed override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_section);
    public sealed override Premises PremisesOf(OpCall call) => Premises.Sections | Premises.TakesPages | Premises.Moves;

    public static OpCall Call<T>(int section) where T : SectionOperation, new() => new(Operation<T>.Instance, section);

    public sealed override Op Run(Cpu cpu, OpCall call) => cpu.Machine.Arena.Hotplug ? Run(cpu, call[s_section] % cpu.Machine.Arena.SystemSections) : default;
    protected abstract Op Run(Cpu cpu, int section);
}

public sealed class OfflineSection : SectionOperation
{
    public override string Id => "offline_pages (section)";
    public override string Summary => "takes a section offline: isolates, migrates, and when all is free lets it go";
    protected override Op Run(Cpu cpu, int section) => MemoryOffline.Offline(cpu, section);
}

public sealed class RemoveSection : SectionOperation
{
    public override string Id => "remove_memory";
    public override string Summary => "removes the memmap of a section that is offline";
    protected override Op Run(Cpu cpu, int section) => MemoryOffline.Remove(cpu, section);
}

public sealed class OnlineSection : SectionOperation
{
    public override string Id => "online_pages";
    public override string Summary => "brings a section back, with a new memmap where there is none";
    protected override Op Run(Cpu cpu, int section) => MemoryOffline.Online(cpu, section);
}

public sealed class MemunmapPages : Operation
{
    public override string Id => "memunmap_pages";
    public override string Summary => "a driver evicts its device memory and removes it";
    public override Premises PremisesOf(OpCall call) => Premises.DevicePrivate | Premises.Sections | Premises.TakesPages;

    public static OpCall Call() => new(Operation<MemunmapPages>.Instance);

    public override Op Run(Cpu cpu, OpCall call) => cpu.Machine.Arena is { Hotplug: true, DevicePages: > 0 } ? PgmapLife.Memunmap(cpu) : default;
}

public sealed class PgmapWalk : Operation
{
    private static readonly Parameter s_page = new(Domain.DevicePage, "page", "the first of them"), s_count = new(Domain.DevicePages, "count", "how many", usual: 1);

    public override string Id => "get_dev_pagemap";
    public override string Summary => "a walk over device pfns that holds their pgmap";
    public override Premises PremisesOf(OpCall call) => Premises.Device | Premises.Sections;
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_page, s_count);

    public static OpCall Call(int page, int count = 1) => new(Operation<PgmapWalk>.Instance, page, count);

    public override async Op Run(Cpu cpu, OpCall call)
    {
        if (cpu.Machine.Arena is not { Hotplug: true, DevicePages: > 0 }) return;
        int end = Math.Min(call[s_page] + call[s_count], cpu.Machine.Arena.DevicePages);
        for (int i = call[s_page]; i < end; i++)
        {
            if (!await PgmapLife.Get(cpu)) return;
            await DeviceWalk.Visit(cpu, cpu.Machine.Geometry.DeviceBase + i, -1);
            await PgmapLife.Put(cpu);
        }
    }
}

/// <summary>
/// A walk over pfns whose memory may go: pfn_to_online_page() and the visit of the page within one rcu_read_lock().
/// </summary>
public sealed class OnlinePageWalk : Operation
{
    private static readonly Parameter s_pfn = new(Domain.Pfn, meaning: "the first of them"), s_count = new(Domain.Pages, "count", "how many", usual: 1),
        s_walker = new(new ChoiceDomain<OnlineWalker>("walker"), meaning: "who looks at the page");

    public override string Id => "pfn_to_online_page";
    public override string Summary => "a PFN walk that asks whether there is a page";
    public override Premises PremisesOf(OpCall call) => Premises.Sections;
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_pfn, s_count, s_walker);

    public static OpCall Call(int pfn, int count = 1, OnlineWalker walker = OnlineWalker.Idle) => new(Operation<OnlinePageWalk>.Instance, pfn, count, (int)walker);

    public override async Op Run(Cpu cpu, OpCall call)
    {
        if (!cpu.Machine.Arena.Hotplug) return;
        int end = Math.Min(call[s_pfn] + call[s_count], cpu.Machine.Arena.SystemPages);
        for (int pfn = call[s_pfn]; pfn < end; pfn++)
        {
            cpu.InRcu = true;
            if (await MemorySections.IsOnline(cpu, pfn)) await Visit(cpu, pfn, (OnlineWalker)call[s_walker]);
            cpu.InRcu = false;
        }
    }

    private static async Op Visit(Cpu cpu, int pfn, OnlineWalker walker)
    {
        if (walker == OnlineWalker.Idle) await PfnWalkers.Idle(cpu, pfn);
        else if (walker == OnlineWalker.Compaction) await PfnWalkers.Compact(cpu, pfn);
        else if (walker == OnlineWalker.Snapshot) await PfnWalkers.Snapshot(cpu, pfn);
        else await PfnWalkers.Offline(cpu, pfn);
    }
}

/// <summary>Who looks at a page that is known to be online.</summary>
public enum OnlineWalker : byte
{
    /// <summary>page_idle.</summary>
    Idle,
    Compaction,
    /// <summary>/proc/kpageflags.</summary>
    Snapshot,
    /// <summary>offline_pages().</summary>
    Offline,
}
