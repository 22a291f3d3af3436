namespace StressFarm.Simulation;

/// <summary>A: mm, B: slot, C: order; D: 1 maps it by a PMD entry.</summary>
public sealed class AnonFault : Operation
{
    public override string Id => "do_anonymous_page";
    public override string Summary => "faults an anonymous folio in";

    public override Op Run(Cpu cpu, OpCall call)
    {
        int order = call.C == 1 ? 0 : call.C; // there are no anonymous folios of order 1
        int slot = call.B & ~((1 << order) - 1);
        bool pmd = call.D == 1 && order == cpu.Machine.Arena.PmdOrder;
        return AnonMemory.Fault(cpu, call.A, slot, order, pmd);
    }
}
