namespace StressFarm.Kernel.Operations;

/// <summary>A: mm, B: first slot, C: how many, D: 1 clears the migration entries it meets.</summary>
public sealed class SoftleafVisit : Operation
{
    public override string Id => "zap_nonpresent_ptes";
    public override string Summary => "reads what migration entries stand for, and clears them on demand";

    public override async Op Run(Cpu cpu, OpCall call)
    {
        for (int i = 0; i < call.C; i++) await Softleaf.Visit(cpu, call.A, call.B + i, call.D == 1);
    }
}
