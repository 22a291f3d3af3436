namespace StressFarm.Kernel.Operations;

public sealed class DriverMap : Operation
{
    private static readonly Parameter s_mm = new(Domain.Mm), s_slot = new(Domain.Slot, meaning: "the first of them"), s_handle = new(Domain.Handle, meaning: "of driver memory"),
        s_count = new(Domain.Number(1, MostPages), "count", "pages, as many as there are from the first on", usual: 1),
        s_first = new(Domain.Number(0, MostPages - 1), "first", "which page of the block is the first to be mapped, modulo its pages"),
        s_setup = new(Domain.Flag, "setup", "the handle is the set-up CPU's, which lives until the teardown, so that every CPU can map it");

    /// <summary>Pages of the largest block that is mapped.</summary>
    public const int MostPages = 1 << Geometry.MaxOrder;

    public override string Id => "driver_mmap";
    public override string Summary => "a driver maps its pages into user page tables: vm_insert_page(s) or ->fault";
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_mm, s_slot, s_handle, s_count, s_first, s_setup);

    public static OpCall Call(int mm, int slot, int handle, int count = 1, int first = 0, bool setup = false) =>
        new(Operation<DriverMap>.Instance, mm, slot, handle, count, first, setup ? 1 : 0);

    public override bool WantsSetupHandle(OpCall call) => call.Is(s_setup);

    public override Op Run(Cpu cpu, OpCall call)
    {
        Cpu owner = call.Is(s_setup) ? cpu.Machine.SetupCpu : cpu;
        Handle handle = owner.Handles[call[s_handle]];
        return handle.Kind == HandleKind.DriverPages
            ? DriverMemory.MapPages(cpu, handle, call[s_mm], call[s_slot], call[s_first], CutToMm(cpu, call[s_slot], call[s_count]))
            : default;
    }
}
