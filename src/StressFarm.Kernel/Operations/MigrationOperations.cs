namespace StressFarm.Kernel.Operations;

/// <summary>A: mm, B: slot.</summary>
public sealed class MigratePages : Operation
{
    public override string Id => "migrate_pages";
    public override string Summary => "moves the folio mapped at a slot elsewhere in system memory";
    public override async Op Run(Cpu cpu, OpCall call) => await MigrationCallers.ByAddress(cpu, call.A, call.B);
}

/// <summary>A: mm, B: slot, C: 1 lets a folio under a PMD entry move as it is, D: which of several fitting device ranges.</summary>
public sealed class MigrateToDevice : Operation
{
    public override string Id => "migrate_vma_pages";
    public override string Summary => "moves the folio mapped at a slot to device-private memory";
    public override Op Run(Cpu cpu, OpCall call) => MigrationCallers.ToDevice(cpu, call.A, call.B, call.C == 1, call.D);
}

/// <summary>A: mm, B: slot.</summary>
public sealed class DeviceFaultShared : Operation
{
    public override string Id => "do_swap_page (device private, shared)";
    public override string Summary => "a CPU touches device-private memory that several mms may map: it migrates back";
    public override Op Run(Cpu cpu, OpCall call) => MigrationCallers.ToRam(cpu, call.A, call.B);
}

/// <summary>A: mm, B: slot, C: how it fails (<see cref="InsertFailure"/>).</summary>
public sealed class InsertDevicePmd : Operation
{
    public override string Id => "migrate_vma_insert_huge_pmd_page";
    public override string Summary => "maps a fresh device-private folio by a PMD entry, or fails to";

    public override async Op Run(Cpu cpu, OpCall call)
    {
        if (cpu.Machine.Arena.DevicePages == 0) return;
        int order = cpu.Machine.Arena.PmdOrder;
        DeviceBlock block = await DeviceMemory.Alloc(cpu, order, 0);
        if (block.IsNone) return;
        Folio folio = cpu.PfnFolio(block.Pfn);
        if (block.Order == order) await DevicePmdInsertion.Run(cpu, folio, call.A, AnonMemory.TableOf(cpu, call.B), (InsertFailure)call.C);
        await DeviceMigration.UnlockAndPut(cpu, folio.Head);
    }
}

/// <summary>A: mm, B: slot.</summary>
public sealed class CollapseRange : Operation
{
    public override string Id => "khugepaged";
    public override string Summary => "collapses the pages of a table into one folio under a PMD entry";
    public override Op Run(Cpu cpu, OpCall call) => Collapse.Run(cpu, call.A, AnonMemory.TableOf(cpu, call.B));
}

/// <summary>A: mm, B: slot.</summary>
public sealed class WriteProtectFault : Operation
{
    public override string Id => "do_wp_page";
    public override string Summary => "a write to a page that is mapped read-only: reuse or copy";
    public override Op Run(Cpu cpu, OpCall call) => WriteFault.Run(cpu, call.A, call.B);
}

/// <summary>A: mm, B: first slot, C: pages, D: handle.</summary>
public sealed class PinLongTerm : Operation
{
    public override string Id => "pin_user_pages_fast (FOLL_LONGTERM)";
    public override string Summary => "pins user pages for long, moving them out of pageblocks that must stay movable";

    public override async Op Run(Cpu cpu, OpCall call)
    {
        int handle = call.D & (Handles.Capacity - 1);
        if (cpu.Handles[handle].Kind != HandleKind.None) return;
        PageRange got = await GupLongTerm.Pin(cpu, call.A, call.B, call.C);
        if (got.Count != 0)
            cpu.Handles[handle] = new Handle { Kind = HandleKind.Pin, Pfn = got.Pfn, Life = cpu.Ghost.LifeOf(got.Pfn), Count = got.Count };
    }
}

/// <summary>A: mm, B: slot.</summary>
public sealed class SplitPmd : Operation
{
    public override string Id => "split_huge_pmd";
    public override string Summary => "splits the PMD entry above a slot into PTEs";
    public override Op Run(Cpu cpu, OpCall call) => PmdSplit.Run(cpu, call.A, AnonMemory.TableOf(cpu, call.B));
}

/// <summary>A: first pageblock, B: how many.</summary>
public sealed class ReserveCma : Operation
{
    public override string Id => "cma_init_reserved_mem";
    public override string Summary => "makes pageblocks CMA, from which nothing may be pinned for long";

    public override async Op Run(Cpu cpu, OpCall call)
    {
        int end = Math.Min(call.A + call.B, Math.Min(Geometry.MaxPageblocks, cpu.Machine.Arena.SystemPages >> cpu.Machine.Arena.PmdOrder));
        for (int block = call.A; block < end; block++) await cpu.Store(cpu.Cells.Pageblock(block), Migratetype.Cma, Step.IsolateBlock);
    }
}
