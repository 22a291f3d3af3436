namespace StressFarm.Kernel.Operations;

/// <summary>A: 1 for a gigantic folio from memblock, else from the buddy.</summary>
public sealed class HugetlbGrow : Operation
{
    public override string Id => "nr_hugepages_grow";
    public override string Summary => "adds a hugetlb folio to the pool";
    public override async Op Run(Cpu cpu, OpCall call)
    {
        if (call.A == 1) await HugetlbDemotion.Boot(cpu);
        else await HugetlbPool.Grow(cpu);
    }
}

/// <summary>A: hstate.</summary>
public sealed class HugetlbShrink : Operation
{
    public override string Id => "nr_hugepages_shrink";
    public override string Summary => "gives a free hugetlb folio back to the buddy";
    public override async Op Run(Cpu cpu, OpCall call) => await HugetlbPool.Shrink(cpu, call.A);
}

/// <summary>A: mm, B: table.</summary>
public sealed class HugetlbFault : Operation
{
    public override string Id => "hugetlb_fault";
    public override string Summary => "maps a hugetlb folio of the pool";
    public override Op Run(Cpu cpu, OpCall call) => HugetlbMapping.Fault(cpu, call.A, call.B);
}

/// <summary>A: hstate, B: handle.</summary>
public sealed class HugetlbAllocate : Operation
{
    public override string Id => "alloc_hugetlb_folio";
    public override string Summary => "takes a hugetlb folio of the pool without mapping it";

    public override async Op Run(Cpu cpu, OpCall call)
    {
        if (cpu.Handles[call.B].Kind != HandleKind.None) return;
        int pfn = await HugetlbPool.Allocate(cpu, call.A);
        if (pfn >= 0) cpu.Handles[call.B] = new Handle { Kind = HandleKind.FolioRef, Pfn = pfn, Life = cpu.Ghost.LifeOf(pfn), Count = 1 };
    }
}

/// <summary>A: handle.</summary>
public sealed class MemfdPin : Operation
{
    public override string Id => "memfd_pin_folios";
    public override string Summary => "pins a hugetlb folio of a memfd, allocating it";

    public override async Op Run(Cpu cpu, OpCall call)
    {
        if (cpu.Handles[call.A].Kind != HandleKind.None) return;
        int pfn = await HugetlbFiles.Pin(cpu);
        if (pfn >= 0) cpu.Handles[call.A] = new Handle { Kind = HandleKind.MemfdFolio, Pfn = pfn, Life = cpu.Ghost.LifeOf(pfn), Count = 1 };
    }
}

/// <summary>A: handle of hugetlb.</summary>
public sealed class HugetlbRelease : Operation
{
    public override string Id => "free_huge_folio";
    public override string Summary => "gives up a hugetlb folio, or frames that were taken";

    public override Op Run(Cpu cpu, OpCall call)
    {
        Handle handle = cpu.Handles[call.A];
        if (handle.Kind is not (HandleKind.FolioRef or HandleKind.MemfdFolio or HandleKind.VmemmapFrames)) return default;
        cpu.Handles[call.A] = default;
        return HandleRelease.Run(cpu, handle, cpu.Number);
    }
}

public sealed class HugetlbDemote : Operation
{
    public override string Id => "demote_pool_huge_page";
    public override string Summary => "makes smaller hugetlb folios of a free one";
    public override Op Run(Cpu cpu, OpCall call) => HugetlbDemotion.Demote(cpu);
}

/// <summary>A: pfn.</summary>
public sealed class HugetlbDissolve : Operation
{
    public override string Id => "dissolve_free_hugetlb_folio";
    public override string Summary => "frees the free hugetlb folio that holds a page";
    public override async Op Run(Cpu cpu, OpCall call) => await HugetlbDemotion.Dissolve(cpu, call.A);
}

/// <summary>A: frames, B: handle.</summary>
public sealed class VmemmapPressure : Operation
{
    public override string Id => "vmemmap_pressure";
    public override string Summary => "takes page frames that restoring a vmemmap would need";

    public override async Op Run(Cpu cpu, OpCall call)
    {
        if (cpu.Handles[call.B].Kind != HandleKind.None) return;
        int got = await VmemmapRemap.TakeFrames(cpu, call.A);
        if (got != 0) cpu.Handles[call.B] = new Handle { Kind = HandleKind.VmemmapFrames, Count = got };
    }
}

/// <summary>A: mm.</summary>
public sealed class PmdShare : Operation
{
    public override string Id => "huge_pmd_share";
    public override string Summary => "an mm joins the shared hugetlb page table";
    public override Op Run(Cpu cpu, OpCall call) => SharedPageTable.Share(cpu, call.A);
}

/// <summary>A: mm.</summary>
public sealed class PmdUnshare : Operation
{
    public override string Id => "huge_pmd_unshare";
    public override string Summary => "an mm leaves the shared hugetlb page table";
    public override Op Run(Cpu cpu, OpCall call) => SharedPageTable.Unshare(cpu, call.A);
}
