namespace StressFarm.Kernel.Operations;

public sealed class ShrinkDeferred : Operation
{
    private static readonly Parameter s_memcg = new(Domain.Memcg, meaning: "modulo those of the arena"), s_count = new(Domain.Pages, "count", "folios", usual: 1),
        s_underused = new(Domain.Flag, "underused", "splits what may be underused as well");

    public override string Id => "deferred_split_scan";
    public override string Summary => "the shrinker splits folios that wait for it";
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_memcg, s_count, s_underused);

    public static OpCall Call(int memcg, int count = 1, bool underused = false) => new(Operation<ShrinkDeferred>.Instance, memcg, count, underused ? 1 : 0);

    public override Op Run(Cpu cpu, OpCall call) =>
        DeferredSplitScan.Run(cpu, call[s_memcg] % cpu.Machine.Arena.Memcgs, call[s_count], call.Is(s_underused));
}

public sealed class HugeFault : SlotOperation
{
    public override string Id => "do_huge_pmd_anonymous_page";
    public override string Summary => "faults a folio in under a PMD entry and queues it as perhaps underused";

    protected override async Op Run(Cpu cpu, int mm, int slot)
    {
        int table = AnonMemory.TableOf(cpu, slot), order = cpu.Machine.Arena.PmdOrder;
        await AnonMemory.Fault(cpu, mm, table << order, order, pmd: true);
        await DeferredSplitScan.QueueWhole(cpu, mm, table);
    }
}

public sealed class MoveCharge : Operation
{
    private static readonly Parameter s_mm = new(Domain.Mm), s_slot = new(Domain.Slot),
        s_memcg = new(Domain.Memcg, meaning: "where it is to go, modulo those of the arena");

    public override string Id => "mem_cgroup_move_account";
    public override string Summary => "moves the charge of the folio mapped at a slot to another memory control group";
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_mm, s_slot, s_memcg);

    public static OpCall Call(int mm, int slot, int memcg) => new(Operation<MoveCharge>.Instance, mm, slot, memcg);

    public override Op Run(Cpu cpu, OpCall call) => MemcgMove.Run(cpu, call[s_mm], call[s_slot], call[s_memcg] % cpu.Machine.Arena.Memcgs);
}
