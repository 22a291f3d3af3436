namespace StressFarm.Kernel.Operations;

/// <summary>A: section. What needs sections does nothing on a machine without them.</summary>
public abstract class SectionOperation : Operation
{
    public override Op Run(Cpu cpu, OpCall call) => cpu.Machine.Arena.Hotplug ? Run(cpu, call.A % cpu.Machine.Arena.SystemSections) : default;
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
    public override Op Run(Cpu cpu, OpCall call) => cpu.Machine.Arena is { Hotplug: true, DevicePages: > 0 } ? PgmapLife.Memunmap(cpu) : default;
}

/// <summary>A: first page of the device arena, B: how many.</summary>
public sealed class PgmapWalk : Operation
{
    public override string Id => "get_dev_pagemap";
    public override string Summary => "a walk over device pfns that holds their pgmap";

    public override async Op Run(Cpu cpu, OpCall call)
    {
        if (cpu.Machine.Arena is not { Hotplug: true, DevicePages: > 0 }) return;
        for (int i = call.A; i < Math.Min(call.A + call.B, cpu.Machine.Arena.DevicePages); i++)
        {
            if (!await PgmapLife.Get(cpu)) return;
            await DeviceWalk.Visit(cpu, cpu.Machine.Geometry.DeviceBase + i, -1);
            await PgmapLife.Put(cpu);
        }
    }
}

/// <summary>
/// A walk over pfns whose memory may go: pfn_to_online_page() and the visit of the page within one rcu_read_lock(). A: first pfn,
/// B: how many, C: which walker.
/// </summary>
public sealed class OnlinePageWalk : Operation
{
    public override string Id => "pfn_to_online_page";
    public override string Summary => "a PFN walk that asks whether there is a page";

    public override async Op Run(Cpu cpu, OpCall call)
    {
        if (!cpu.Machine.Arena.Hotplug) return;
        int end = Math.Min(call.A + call.B, cpu.Machine.Arena.SystemPages);
        for (int pfn = call.A; pfn < end; pfn++)
        {
            cpu.InRcu = true;
            if (await MemorySections.IsOnline(cpu, pfn)) await Visit(cpu, pfn, call.C);
            cpu.InRcu = false;
        }
    }

    private static async Op Visit(Cpu cpu, int pfn, int walker)
    {
        if (walker == 0) await PfnWalkers.Idle(cpu, pfn);
        else if (walker == 1) await PfnWalkers.Compact(cpu, pfn);
        else if (walker == 2) await PfnWalkers.Snapshot(cpu, pfn);
        else await PfnWalkers.Offline(cpu, pfn);
    }
}
