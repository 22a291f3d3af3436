namespace StressFarm.Kernel.Operations;

/// <summary>Set-up.</summary>
public sealed class DaxMount : Operation
{
    private static readonly Parameter s_anew = new(Domain.Flag, "anew", "the memory may have been of another type: its memmap is initialised");

    public override string Id => "memremap_pages (fs-dax)";
    public override string Summary => "makes the section's device memory FS-DAX";
    public override Premises PremisesOf(OpCall call) => Premises.SetupOnly | Premises.FsDax;
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_anew);

    public static OpCall Call(bool anew = false) => new(Operation<DaxMount>.Instance, anew ? 1 : 0);

    public override Op Run(Cpu cpu, OpCall call) => call.Is(s_anew) ? FsDax.SetTypeAnew(cpu) : FsDax.SetType(cpu);
}

public sealed class DaxFault : Operation
{
    private static readonly Parameter s_mm = new(Domain.Mm), s_entry = new(Domain.DaxEntry, "entry"), s_order = new(Domain.DeviceOrder, "order", "on first use"),
        s_page = new(Domain.DaxPage, "page", "page of the entry; all of it is mapped by a PMD entry");

    /// <summary>All of an entry, by a PMD entry.</summary>
    public const int All = -1;

    public override string Id => "dax_iomap_fault";
    public override string Summary => "maps a page of a DAX file, or all of an entry";
    public override Premises PremisesOf(OpCall call) => Premises.FsDax;
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_mm, s_entry, s_order, s_page);

    public static OpCall Call(int mm, int entry, int order = 0, int page = 0) => new(Operation<DaxFault>.Instance, mm, entry, order, page);

    public override Op Run(Cpu cpu, OpCall call) => FsDax.Fault(cpu, call[s_mm], call[s_entry], call[s_order], call[s_page]);
}

public sealed class DaxReflink : Operation
{
    private static readonly Parameter s_entry = new(Domain.DaxEntry, "entry"), s_later = new(Domain.DaxEntry, "later", "another entry");

    public override string Id => "dax_folio_make_shared";
    public override string Summary => "lets a second DAX entry lead to the folio of another";
    public override Premises PremisesOf(OpCall call) => Premises.FsDax;
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_entry, s_later);

    public static OpCall Call(int entry, int later) => new(Operation<DaxReflink>.Instance, entry, later);

    public override Op Run(Cpu cpu, OpCall call) => FsDax.Share(cpu, call[s_entry], call[s_later]);
}

public sealed class DaxTruncate : Operation
{
    private static readonly Parameter s_entry = new(Domain.DaxEntry, "entry");

    public override string Id => "dax_delete_mapping_entry";
    public override string Summary => "unmaps a DAX entry and, unless it is pinned, takes it away";
    public override Premises PremisesOf(OpCall call) => Premises.FsDax;
    public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_entry);

    public static OpCall Call(int entry) => new(Operation<DaxTruncate>.Instance, entry);

    public override Op Run(Cpu cpu, OpCall call) => FsDax.Truncate(cpu, call[s_entry]);
}
