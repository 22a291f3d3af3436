namespace StressFarm.Kernel.Operations;

// What is about hugetlb does nothing on a machine without it, as what needs sections or device memory does on one without those.

public sealed class HugetlbGrow : Operation
{
    private static readonly Parameter s_boot = new(Domain.Flag, "boot", "a gigantic folio from memblock, else one from the buddy");

    public override string Id => "nr_hugepages_grow";
    public override string Summary => "adds a hugetlb folio to the pool";
    public override Premises PremisesOf(OpCall call) => call.Is(s_boot) ? Premises.Hugetlb | Premises.SetupOnly : Premises.Hugetlb;
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_boot);

    public static OpCall Call(bool boot = false) => new(Operation<HugetlbGrow>.Instance, boot ? 1 : 0);

    public override async Op Run(Cpu cpu, OpCall call)
    {
        if (!cpu.Machine.Arena.HasHugetlb) return;
        if (call.Is(s_boot)) await HugetlbDemotion.Boot(cpu);
        else await HugetlbPool.Grow(cpu);
    }
}

public sealed class HugetlbShrink : Operation
{
    private static readonly Parameter s_hstate = new(Domain.Hstate);

    public override string Id => "nr_hugepages_shrink";
    public override string Summary => "gives a free hugetlb folio back to the buddy";
    public override Premises PremisesOf(OpCall call) => Premises.Hugetlb;
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_hstate);

    public static OpCall Call(int hstate) => new(Operation<HugetlbShrink>.Instance, hstate);

    public override async Op Run(Cpu cpu, OpCall call)
    {
        if (cpu.Machine.Arena.HasHugetlb) await HugetlbPool.Shrink(cpu, call[s_hstate]);
    }
}

public sealed class HugetlbFault : Operation
{
    private static readonly Parameter s_mm = new(Domain.Mm), s_table = new(Domain.Table);

    public override string Id => "hugetlb_fault";
    public override string Summary => "maps a hugetlb folio of the pool";
    public override Premises PremisesOf(OpCall call) => Premises.Hugetlb | Premises.HugetlbTables | Premises.HugetlbOnly;
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_mm, s_table);

    public static OpCall Call(int mm, int table) => new(Operation<HugetlbFault>.Instance, mm, table);

    public override Op Run(Cpu cpu, OpCall call) => cpu.Machine.Arena.HasHugetlb ? HugetlbMapping.Fault(cpu, call[s_mm], call[s_table]) : default;
}

public sealed class HugetlbAllocate : Acquisition
{
    private static readonly Parameter s_hstate = new(Domain.Hstate);

    public override string Id => "alloc_hugetlb_folio";
    public override string Summary => "takes a hugetlb folio of the pool without mapping it";
    public override Premises PremisesOf(OpCall call) => Premises.Hugetlb;
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(Into, s_hstate);

    public static OpCall Call(int handle, int hstate) => new(Operation<HugetlbAllocate>.Instance, handle, hstate);

    protected override async Op Take(Cpu cpu, OpCall call)
    {
        if (!cpu.Machine.Arena.HasHugetlb) return;
        int pfn = await HugetlbPool.Allocate(cpu, call[s_hstate]);
        Keep(cpu, call, HandleOf(cpu, HandleKind.FolioRef, pfn));
    }
}

public sealed class MemfdPin : Acquisition
{
    public override string Id => "memfd_pin_folios";
    public override string Summary => "pins a hugetlb folio of a memfd, allocating it";
    public override Premises PremisesOf(OpCall call) => Premises.Hugetlb;
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(Into);

    public static OpCall Call(int handle) => new(Operation<MemfdPin>.Instance, handle);

    protected override async Op Take(Cpu cpu, OpCall call)
    {
        if (!cpu.Machine.Arena.HasHugetlb) return;
        int pfn = await HugetlbFiles.Pin(cpu);
        Keep(cpu, call, HandleOf(cpu, HandleKind.MemfdFolio, pfn));
    }
}

public sealed class HugetlbRelease : Release
{
    public override string Id => "free_huge_folio";
    public override string Summary => "gives up a hugetlb folio, or frames that were taken";
    public override Premises PremisesOf(OpCall call) => Premises.Hugetlb;

    protected override bool Fits(Cpu cpu, in Handle handle) => handle.Kind is HandleKind.FolioRef or HandleKind.MemfdFolio or HandleKind.VmemmapFrames;
    protected override Op GiveBack(Cpu cpu, Handle handle, OpCall call) => HandleRelease.Run(cpu, handle, cpu.Number);
}

public sealed class HugetlbDemote : Operation
{
    public override string Id => "demote_pool_huge_page";
    public override string Summary => "makes smaller hugetlb folios of a free one";
    public override Premises PremisesOf(OpCall call) => Premises.Hugetlb;

    public static OpCall Call() => new(Operation<HugetlbDemote>.Instance);

    public override Op Run(Cpu cpu, OpCall call) => cpu.Machine.Arena.HasHugetlb ? HugetlbDemotion.Demote(cpu) : default;
}

public sealed class HugetlbDissolve : Operation
{
    private static readonly Parameter s_pfn = new(Domain.Pfn);

    public override string Id => "dissolve_free_hugetlb_folio";
    public override string Summary => "frees the free hugetlb folio that holds a page";
    public override Premises PremisesOf(OpCall call) => Premises.Hugetlb;
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_pfn);

    public static OpCall Call(int pfn) => new(Operation<HugetlbDissolve>.Instance, pfn);

    public override async Op Run(Cpu cpu, OpCall call)
    {
        if (cpu.Machine.Arena.HasHugetlb) await HugetlbDemotion.Dissolve(cpu, call[s_pfn]);
    }
}

public sealed class VmemmapPressure : Acquisition
{
    private static readonly Parameter s_count = new(Domain.Pages, "count", "page frames", usual: 1);

    public override string Id => "vmemmap_pressure";
    public override string Summary => "takes page frames that restoring a vmemmap would need";
    public override Premises PremisesOf(OpCall call) => Premises.Hugetlb;
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(Into, s_count);

    public static OpCall Call(int handle, int count = 1) => new(Operation<VmemmapPressure>.Instance, handle, count);

    protected override async Op Take(Cpu cpu, OpCall call)
    {
        if (!cpu.Machine.Arena.HasHugetlb) return;
        int got = await VmemmapRemap.TakeFrames(cpu, call[s_count]);
        if (got != 0) Keep(cpu, call, new Handle { Kind = HandleKind.VmemmapFrames, Count = got });
    }
}

/// <summary>An mm and the page table that it shares, or does not.</summary>
public abstract class SharingOperation : Operation
{
    private static readonly Parameter s_mm = new(Domain.Mm);

    public sealed override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_mm);
    public sealed override Premises PremisesOf(OpCall call) => Premises.Hugetlb | Premises.HugetlbTables;

    public static OpCall Call<T>(int mm) where T : SharingOperation, new() => new(Operation<T>.Instance, mm);

    public sealed override Op Run(Cpu cpu, OpCall call) => cpu.Machine.Arena.HasHugetlb ? Run(cpu, call[s_mm]) : default;
    protected abstract Op Run(Cpu cpu, int mm);
}

public sealed class PmdShare : SharingOperation
{
    public override string Id => "huge_pmd_share";
    public override string Summary => "an mm joins the shared hugetlb page table";
    protected override Op Run(Cpu cpu, int mm) => SharedPageTable.Share(cpu, mm);
}

public sealed class PmdUnshare : SharingOperation
{
    public override string Id => "huge_pmd_unshare";
    public override string Summary => "an mm leaves the shared hugetlb page table";
    protected override Op Run(Cpu cpu, int mm) => SharedPageTable.Unshare(cpu, mm);
}
