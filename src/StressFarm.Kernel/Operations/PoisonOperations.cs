namespace StressFarm.Kernel.Operations;

/// <summary>Something happens to a page of system memory, if there is such a page.</summary>
public abstract class PageOperation : Operation
{
    private static readonly Parameter s_pfn = new(Domain.Pfn);

    public sealed override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_pfn);
    public sealed override Premises PremisesOf(OpCall call) => Premises.Hugetlb | Premises.Pfns | Premises.Poisons;

    public static OpCall Call<T>(int pfn) where T : PageOperation, new() => new(Operation<T>.Instance, pfn);

    public sealed override Op Run(Cpu cpu, OpCall call) => call[s_pfn] < cpu.Machine.Arena.SystemPages ? Run(cpu, call[s_pfn]) : default;
    protected abstract Op Run(Cpu cpu, int pfn);
}

public sealed class MemoryFails : PageOperation
{
    public override string Id => "memory_failure";
    public override string Summary => "a page fails";
    protected override Op Run(Cpu cpu, int pfn) => MemoryFailure.Fail(cpu, pfn);
}

public sealed class Unpoison : PageOperation
{
    public override string Id => "unpoison_memory";
    public override string Summary => "a simulated failure is undone";
    protected override Op Run(Cpu cpu, int pfn) => PoisonRemoval.Unpoison(cpu, pfn);
}

public sealed class FolioActivate : SlotOperation
{
    public override string Id => "folio_activate";
    public override string Summary => "makes a mapped folio of the LRU an active one";
    public override Premises PremisesOf(OpCall call) => Premises.Activates;

    protected override async Op Run(Cpu cpu, int mm, int slot)
    {
        Word ptl = cpu.Cells.Ptl(mm, AnonMemory.TableOf(cpu, slot));
        await cpu.Lock(ptl, Step.PtlLock);
        var pte = new PageTableEntry(await cpu.Load(cpu.Cells.Pte(mm, slot), Step.ReadPte));
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
