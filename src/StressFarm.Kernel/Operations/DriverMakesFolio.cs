namespace StressFarm.Kernel.Operations;

/// <summary>Does nothing but where Z30 is planted: nobody makes a folio of memory in use.</summary>
public sealed class DriverMakesFolio : Operation
{
    private static readonly Parameter s_handle = new(Domain.Handle, meaning: "of driver memory, the set-up CPU's");

    public override string Id => "page_rmappable_folio";
    public override string Summary => "planted only: makes a rmappable folio of driver memory that is mapped and pinned";
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_handle);

    public static OpCall Call(int handle) => new(Operation<DriverMakesFolio>.Instance, handle);

    public override bool WantsSetupHandle(OpCall call) => true;

    public override async Op Run(Cpu cpu, OpCall call)
    {
        Handle handle = cpu.Machine.SetupCpu.Handles[call[s_handle]];
        if (!cpu.Policy.Has(Deviation.RmappableFlip) || handle.Kind != HandleKind.DriverPages || handle.Order == 0) return;
        await CompoundPages.PageRmappableFolio(cpu, handle.Pfn);
        cpu.Ghost[cpu.Ghost.ObjectOf(handle.Pfn)].Rmappable = true;
    }
}
