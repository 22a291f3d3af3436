namespace StressFarm.Kernel.Operations;

public sealed class MigratePages : SlotOperation
{
    public override string Id => "migrate_pages";
    public override string Summary => "moves the folio mapped at a slot elsewhere in system memory";
    public override Premises PremisesOf(OpCall call) => Premises.Moves;
    protected override async Op Run(Cpu cpu, int mm, int slot) => await MigrationCallers.ByAddress(cpu, mm, slot);
}

public sealed class MigrateToDevice : Operation
{
    private static readonly Parameter s_mm = new(Domain.Mm), s_slot = new(Domain.Slot), s_compound = new(Domain.Flag, "compound", "a folio under a PMD entry may move as it is"),
        s_choice = new(Domain.DevicePage, "choice", "which of several device ranges that fit, 0 for the lowest");

    public override string Id => "migrate_vma_pages";
    public override string Summary => "moves the folio mapped at a slot to device-private memory";
    public override Premises PremisesOf(OpCall call) => Premises.DevicePrivate | Premises.Moves;
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_mm, s_slot, s_compound, s_choice);

    public static OpCall Call(int mm, int slot, bool compound = false, int choice = 0) => new(Operation<MigrateToDevice>.Instance, mm, slot, compound ? 1 : 0, choice);

    public override Op Run(Cpu cpu, OpCall call) => MigrationCallers.ToDevice(cpu, call[s_mm], call[s_slot], call.Is(s_compound), call[s_choice]);
}

public sealed class DeviceFaultShared : SlotOperation
{
    public override string Id => "do_swap_page (device private, shared)";
    public override string Summary => "a CPU touches device-private memory that several mms may map: it migrates back";
    public override Premises PremisesOf(OpCall call) => Premises.DevicePrivate;
    protected override Op Run(Cpu cpu, int mm, int slot) => MigrationCallers.ToRam(cpu, mm, slot);
}

public sealed class InsertDevicePmd : Operation
{
    private static readonly Parameter s_mm = new(Domain.Mm), s_slot = new(Domain.Slot), s_failure = new(new ChoiceDomain<InsertFailure>("failure"), meaning: "how it fails");

    public override string Id => "migrate_vma_insert_huge_pmd_page";
    public override string Summary => "maps a fresh device-private folio by a PMD entry, or fails to";
    public override Premises PremisesOf(OpCall call) => Premises.DevicePrivate;
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_mm, s_slot, s_failure);

    public static OpCall Call(int mm, int slot, InsertFailure failure = InsertFailure.None) => new(Operation<InsertDevicePmd>.Instance, mm, slot, (int)failure);

    public override async Op Run(Cpu cpu, OpCall call)
    {
        if (cpu.Machine.Arena.DevicePages == 0) return;
        int order = cpu.Machine.Arena.PmdOrder;
        DeviceBlock block = await DeviceMemory.Alloc(cpu, order, 0);
        if (block.IsNone) return;
        Folio folio = cpu.PfnFolio(block.Pfn);
        if (block.Order == order) await DevicePmdInsertion.Run(cpu, folio, call[s_mm], AnonMemory.TableOf(cpu, call[s_slot]), (InsertFailure)call[s_failure]);
        await DeviceMigration.UnlockAndPut(cpu, folio.Head);
    }
}

public sealed class CollapseRange : SlotOperation
{
    public override string Id => "khugepaged";
    public override string Summary => "collapses the pages of a table into one folio under a PMD entry";
    public override Premises PremisesOf(OpCall call) => Premises.Moves;
    protected override Op Run(Cpu cpu, int mm, int slot) => Collapse.Run(cpu, mm, AnonMemory.TableOf(cpu, slot));
}

public sealed class WriteProtectFault : SlotOperation
{
    public override string Id => "do_wp_page";
    public override string Summary => "a write to a page that is mapped read-only: reuse or copy";
    protected override Op Run(Cpu cpu, int mm, int slot) => WriteFault.Run(cpu, mm, slot);
}

public sealed class PinLongTerm : Acquisition
{
    private static readonly Parameter s_mm = new(Domain.Mm), s_slot = new(Domain.Slot, meaning: "the first of them"), s_count = new(Domain.Slots, "count", "how many", usual: 1);

    public override string Id => "pin_user_pages_fast (FOLL_LONGTERM)";
    public override string Summary => "pins user pages for long, moving them out of pageblocks that must stay movable";
    public override Premises PremisesOf(OpCall call) => Premises.Moves;
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(Into, s_mm, s_slot, s_count);

    public static OpCall Call(int handle, int mm, int slot, int count = 1) => new(Operation<PinLongTerm>.Instance, handle, mm, slot, count);

    protected override async Op Take(Cpu cpu, OpCall call)
    {
        PageRange got = await GupLongTerm.Pin(cpu, call[s_mm], call[s_slot], CutToMm(cpu, call[s_slot], call[s_count]));
        if (got.Count != 0) Keep(cpu, call, new Handle { Kind = HandleKind.Pin, Pfn = got.Pfn, Life = cpu.Ghost.LifeOf(got.Pfn), Count = got.Count });
    }
}

public sealed class SplitPmd : SlotOperation
{
    public override string Id => "split_huge_pmd";
    public override string Summary => "splits the PMD entry above a slot into PTEs";
    protected override Op Run(Cpu cpu, int mm, int slot) => PmdSplit.Run(cpu, mm, AnonMemory.TableOf(cpu, slot));
}

public sealed class ReserveCma : Operation
{
    private static readonly Parameter s_block = new(Domain.Pageblock, "block", "the first of them"),
        s_count = new(Domain.Number(1, Geometry.MaxPageblocks), "count", "pageblocks", usual: 1);

    public override string Id => "cma_init_reserved_mem";
    public override string Summary => "makes pageblocks CMA, from which nothing may be pinned for long";
    public override Premises PremisesOf(OpCall call) => Premises.SetupOnly;
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_block, s_count);

    public static OpCall Call(int block, int count = 1) => new(Operation<ReserveCma>.Instance, block, count);

    public override async Op Run(Cpu cpu, OpCall call)
    {
        int end = Math.Min(call[s_block] + call[s_count], Math.Min(Geometry.MaxPageblocks, cpu.Machine.Arena.SystemPages >> cpu.Machine.Arena.PmdOrder));
        for (int block = call[s_block]; block < end; block++) await cpu.Store(cpu.Cells.Pageblock(block), Migratetype.Cma, Step.IsolateBlock);
    }
}
