namespace StressFarm.Kernel.Operations;

public sealed class DevicePfnWalk : Operation
{
    private static readonly Parameter s_page = new(Domain.DevicePage, "page", "the first of them"), s_count = new(Domain.DevicePages, "count", "how many", usual: 1),
        s_handle = new(Domain.HandleOrNone, "handle", "keeps the first reference", usual: None, fills: true);

    /// <summary>No reference is kept.</summary>
    public const int None = -1;

    public override string Id => "driver pfn walk";
    public override string Summary => "a driver looks up its device pfns and takes references";
    public override Premises PremisesOf(OpCall call) => Premises.Device | Premises.Pfns;
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_page, s_count, s_handle);

    public static OpCall Call(int page, int count = 1, int handle = None) => new(Operation<DevicePfnWalk>.Instance, page, count, handle);

    public override async Op Run(Cpu cpu, OpCall call)
    {
        int end = Math.Min(call[s_page] + call[s_count], cpu.Machine.Arena.DevicePages);
        for (int i = call[s_page]; i < end; i++) await DeviceWalk.Visit(cpu, cpu.Machine.Geometry.DeviceBase + i, call[s_handle]);
    }
}
