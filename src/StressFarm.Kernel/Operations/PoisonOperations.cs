namespace StressFarm.Kernel.Operations;

/// <summary>A: pfn.</summary>
public sealed class MemoryFails : Operation
{
    public override string Id => "memory_failure";
    public override string Summary => "a page fails";
    public override Op Run(Cpu cpu, OpCall call)
    {
        return call.A < cpu.Machine.Arena.SystemPages ? MemoryFailure.Fail(cpu, call.A) : default;
    }
}

/// <summary>A: pfn.</summary>
public sealed class Unpoison : Operation
{
    public override string Id => "unpoison_memory";
    public override string Summary => "a simulated failure is undone";
    public override Op Run(Cpu cpu, OpCall call)
    {
        return call.A < cpu.Machine.Arena.SystemPages ? PoisonRemoval.Unpoison(cpu, call.A) : default;
    }
}

/// <summary>A: mm, B: slot.</summary>
public sealed class FolioActivate : Operation
{
    public override string Id => "folio_activate";
    public override string Summary => "makes a mapped folio of the LRU an active one";

    public override async Op Run(Cpu cpu, OpCall call)
    {
        Word ptl = cpu.Cells.Ptl(call.A, AnonMemory.TableOf(cpu, call.B));
        await cpu.Lock(ptl, Step.PtlLock);
        var pte = new PageTableEntry(await cpu.Load(cpu.Cells.Pte(call.A, call.B), Step.ReadPte));
        int head = pte.IsPresent ? await CompoundPages.PageFolio(cpu, cpu.PfnToPage(pte.Pfn), Step.Activate) : -1;
        if (head >= 0 && (await cpu.Load(new Folio(head).Flags, Step.Activate) & PageFlag.Lru) != 0)
        {
            await cpu.Lock(cpu.Cells.LruvecLock, Step.LruLock);
            if ((await cpu.Load(new Folio(head).Flags, Step.Activate) & PageFlag.Lru) != 0)
                await cpu.Or(new Folio(head).Flags, PageFlag.Active, Step.Activate);
            await cpu.Unlock(cpu.Cells.LruvecLock, Step.LruUnlock);
        }
        await cpu.Unlock(ptl, Step.PtlUnlock);
    }
}
