namespace StressFarm.Kernel.Operations;

/// <summary>Set-up. A: 1 where the memory may have been of another type, so that its memmap is initialised.</summary>
public sealed class DaxMount : Operation
{
    public override string Id => "memremap_pages (fs-dax)";
    public override string Summary => "makes the section's device memory FS-DAX";
    public override Op Run(Cpu cpu, OpCall call) => call.A == 1 ? FsDax.SetTypeAnew(cpu) : FsDax.SetType(cpu);
}

/// <summary>A: mm, B: entry, C: order on first use, D: page of it, or -1 for all of it by a PMD.</summary>
public sealed class DaxFault : Operation
{
    public override string Id => "dax_iomap_fault";
    public override string Summary => "maps a page of a DAX file, or all of an entry";
    public override Op Run(Cpu cpu, OpCall call) => FsDax.Fault(cpu, call.A, call.B, call.C, call.D);
}

/// <summary>A: entry, B: a later one.</summary>
public sealed class DaxReflink : Operation
{
    public override string Id => "dax_folio_make_shared";
    public override string Summary => "lets a second DAX entry lead to the folio of another";
    public override Op Run(Cpu cpu, OpCall call) => FsDax.Share(cpu, call.A, call.B);
}

/// <summary>A: entry.</summary>
public sealed class DaxTruncate : Operation
{
    public override string Id => "dax_delete_mapping_entry";
    public override string Summary => "unmaps a DAX entry and, unless it is pinned, takes it away";
    public override Op Run(Cpu cpu, OpCall call) => FsDax.Truncate(cpu, call.A);
}
