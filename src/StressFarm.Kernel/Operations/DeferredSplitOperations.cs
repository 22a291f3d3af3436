namespace StressFarm.Kernel.Operations;

/// <summary>A: memory control group, B: how many folios, C: 1 splits what may be underused as well.</summary>
public sealed class ShrinkDeferred : Operation
{
    public override string Id => "deferred_split_scan";
    public override string Summary => "the shrinker splits folios that wait for it";
    public override Op Run(Cpu cpu, OpCall call) => DeferredSplitScan.Run(cpu, call.A % cpu.Machine.Arena.Memcgs, call.B, call.C == 1);
}

/// <summary>A: mm, B: slot.</summary>
public sealed class HugeFault : Operation
{
    public override string Id => "do_huge_pmd_anonymous_page";
    public override string Summary => "faults a folio in under a PMD entry and queues it as perhaps underused";

    public override async Op Run(Cpu cpu, OpCall call)
    {
        int table = AnonMemory.TableOf(cpu, call.B), order = cpu.Machine.Arena.PmdOrder;
        await AnonMemory.Fault(cpu, call.A, table << order, order, pmd: true);
        await DeferredSplitScan.QueueWhole(cpu, call.A, table);
    }
}

/// <summary>A: mm, B: slot, C: the memory control group it is to go to.</summary>
public sealed class MoveCharge : Operation
{
    public override string Id => "mem_cgroup_move_account";
    public override string Summary => "moves the charge of the folio mapped at a slot to another memory control group";
    public override Op Run(Cpu cpu, OpCall call) => MemcgMove.Run(cpu, call.A, call.B, call.C % cpu.Machine.Arena.Memcgs);
}
