namespace StressFarm.Simulation.Tests;

/// <summary>
/// The site audit of spec 4.1: what each place that makes a compound page does under each design, in one thread: the first life of its
/// memory, mapped where it is mapped, up to its free. docs/findings.md has the verdicts as a table.
/// </summary>
public class SiteAuditTests
{
    private static readonly Dictionary<string, Action<Stage>> s_sites = new()
    {
        ["folio_alloc"] = s => s.Run(cpu => AnonMemory.Fault(cpu, 0, 0, 2, pmd: false)).Run(cpu => Zap.Slot(cpu, 0, 1)),
        ["filemap_add_folio"] = s => s.Run(cpu => FileTruncate.Run(cpu, 0, 8)).Run(cpu => PageCache.Add(cpu, 0, 0, 2)).Run(cpu => FileMemory.Fault(cpu, 0, 0, 1)),
        ["split (T6)"] = s => s.Run(cpu => AnonMemory.Fault(cpu, 0, 0, 3, pmd: false)).Run(cpu => SplitByAddress.Run(cpu, 0, 0, 2, uniform: true), 1),
        ["compaction_alloc"] = s => s.Run(CompactionAlloc),
        ["af_packet"] = s => Driver(s, DriverProducer.AfPacket),
        ["sg"] = s => Driver(s, DriverProducer.Sg),
        ["ring_buffer"] = s => Driver(s, DriverProducer.RingBuffer),
        ["io_uring"] = s => Driver(s, DriverProducer.IoUring),
        ["huge zero folio"] = s => Driver(s, DriverProducer.HugeZero),
        ["zone_device_folio_init"] = s => s.Run(async cpu =>
        {
            DeviceBlock block = await DeviceMemory.Alloc(cpu, 2, 0);
            await DeviceMigration.Insert(cpu, cpu.Ghost.FolioToken(block.Pfn), 2, 0, 0, pmd: false);
        }),
        ["dax_folio_init"] = s => s.Run(FsDax.SetType).Run(cpu => FsDax.Fault(cpu, 0, 0, 2, 1)),
        ["memmap_init_compound"] = s => s.Run(Devdax),
        ["kho_init_folio"] = s => s.Run(KhoInitFolio),
        ["migrate_vma_insert_huge_pmd_page"] = s => s.Run(InsertHugePmdPage),
        ["slab"] = s => s.Run(cpu => Slab(cpu, large: false)),
        ["large kmalloc"] = s => s.Run(cpu => Slab(cpu, large: true)),
    };

    public static TheoryData<string, string> Silent()
    {
        string[] covered = ["folio_alloc", "filemap_add_folio", "split (T6)", "compaction_alloc", "io_uring", "slab", "large kmalloc"];
        var rows = new TheoryData<string, string>();
        foreach (string design in new[] { "control", "frozen-contract", "head-pointer" })
            foreach (string site in s_sites.Keys) rows.Add(site, design);
        foreach (string design in new[] { "rfc-v1", "rfc-gfp", "rfc-skip-rmap", "rfc-type", "rfc-pin", "rfc-pfnmap" })
            foreach (string site in covered) rows.Add(site, design);
        foreach (string design in new[] { "rfc-skip-rmap", "rfc-type", "rfc-pin", "rfc-pfnmap" })
            foreach (string site in new[] { "af_packet", "sg", "ring_buffer" }) rows.Add(site, design);
        rows.Add("af_packet", "rfc-gfp");
        rows.Add("huge zero folio", "rfc-type");
        return rows;
    }

    [Theory]
    [MemberData(nameof(Silent))]
    public void Covered(string site, string design)
    {
        Stage stage = Run(site, design);
        stage.AssertClean();
        stage.Machine.Judge.Audit(whole: true);
        stage.AssertClean();
        stage.Run(Teardown.Run);
        stage.Machine.Judge.AuditEmpty();
        stage.AssertClean();
    }

    [Theory]
    [InlineData("af_packet", "rfc-v1", "I06")]
    [InlineData("sg", "rfc-v1", "I06")]
    [InlineData("sg", "rfc-gfp", "I06")]
    [InlineData("ring_buffer", "rfc-v1", "I06")]
    [InlineData("ring_buffer", "rfc-gfp", "I06")]
    [InlineData("zone_device_folio_init", "rfc-v1", "I06")]
    [InlineData("zone_device_folio_init", "rfc-skip-rmap", "I06")]
    [InlineData("zone_device_folio_init", "rfc-type", "I06")]
    // PREP keeps _nr_pages there, and the rmap fields are still nobody's.
    [InlineData("zone_device_folio_init", "rfc-pin", "I31 I34")]
    [InlineData("dax_folio_init", "rfc-v1", "I06")]
    [InlineData("dax_folio_init", "rfc-gfp", "I06")]
    [InlineData("memmap_init_compound", "rfc-v1", "I06")]
    [InlineData("memmap_init_compound", "rfc-gfp", "I06")]
    [InlineData("kho_init_folio", "rfc-v1", "I06")]
    [InlineData("migrate_vma_insert_huge_pmd_page", "rfc-v1", "I06")]
    [InlineData("huge zero folio", "rfc-v1", "I18")]
    [InlineData("huge zero folio", "rfc-pin", "I18")]
    [InlineData("huge zero folio", "rfc-pfnmap", "I18")]
    // As vm_insert_page() is, it refuses typed heads and lets their tails in.
    [InlineData("ring_buffer", "cmp=type", "I06")]
    public void Not_covered(string site, string design, string invariants)
    {
        Stage stage = Run(site, design);
        if (stage.Violation is null) stage.Machine.Judge.Audit(whole: true);
        if (stage.Violation is null) stage.Run(Teardown.Run);
        Assert.True(stage.Violation is not null, $"{site} is silent under {design}");
        Assert.Contains(stage.Violation.Invariant.Id, invariants, StringComparison.Ordinal);
    }

    private static Stage Run(string site, string design)
    {
        var stage = new Stage(Policy.TryParse(design, out string error) ?? throw new ArgumentException(error), systemOrder: 5, deviceOrder: 4, pmdOrder: 2);
        s_sites[site](stage);
        return stage;
    }

    private static void Driver(Stage stage, DriverProducer producer)
    {
        Handle handle = stage.Call(cpu => DriverMemory.Allocate(cpu, producer, 2));
        // A tail, as sg hands them out one by one.
        if (stage.Violation is null) stage.Run(cpu => DriverMemory.MapPages(cpu, handle, 0, 4, 1, 2));
        if (stage.Violation is null) stage.Run(cpu => DriverMemory.Free(cpu, handle));
    }

    private static async Op Slab(Cpu cpu, bool large)
    {
        int pfn = large ? await SlabMemory.AllocateLarge(cpu, 2) : await SlabMemory.Allocate(cpu, 2);
        await SlabMemory.Kfree(cpu, cpu.Ghost.Token(large ? pfn : pfn + 1), pfn);
    }

    /// <summary><c>mm/compaction.c:compaction_alloc</c>: the reference, PREP_COMPOUND, and page_rmappable_folio().</summary>
    private static async Op CompactionAlloc(Cpu cpu)
    {
        int pfn = await BuddyAllocator.AllocPages(cpu, 2, Alloc.Plain, Owner.Folio);
        cpu.Ghost[cpu.Ghost.ObjectOf(pfn)].Rmappable = true;
        await CompoundPages.Prep(cpu, pfn, 2);
        await CompoundPages.PageRmappableFolio(cpu, pfn);
        cpu.Ghost.Publish(cpu, cpu.Ghost.ObjectOf(pfn));
        await MapAndPut(cpu, pfn);
    }

    /// <summary><c>kernel/liveupdate/kexec_handover.c:kho_init_folio</c>: PREP_COMPOUND of pages that had a reference, given out as a folio.</summary>
    private static async Op KhoInitFolio(Cpu cpu)
    {
        int pfn = await BuddyAllocator.AllocPages(cpu, 2, Alloc.Compound, Owner.Folio);
        cpu.Ghost.Publish(cpu, cpu.Ghost.ObjectOf(pfn));
        await MapAndPut(cpu, pfn);
    }

    /// <summary><c>mm/migrate_device.c:migrate_vma_insert_huge_pmd_page</c>: a compound page of which folio_set_order() and one flag make a folio.</summary>
    private static async Op InsertHugePmdPage(Cpu cpu)
    {
        int pfn = await BuddyAllocator.AllocPages(cpu, 2, Alloc.Compound, Owner.Folio);
        cpu.Ghost[cpu.Ghost.ObjectOf(pfn)].Rmappable = true;
        await CompoundPages.SetOrder(cpu, pfn, 2);
        await cpu.Or(new Folio(pfn).SecondFlags, PageFlag.LargeRmappable, Step.Z6);
        cpu.Ghost.Publish(cpu, cpu.Ghost.ObjectOf(pfn));
        Folio folio = cpu.Ghost.FolioToken(pfn);
        await Rmap.AddPmd(cpu, folio, 0);
        await Rmap.RemovePmd(cpu, folio, 0);
        await FolioReferences.Put(cpu, folio);
    }

    /// <summary><c>mm/mm_init.c:memmap_init_compound</c>: device pages made compound at memremap, mapped by devdax like DAX folios.</summary>
    private static async Op Devdax(Cpu cpu)
    {
        await FsDax.SetType(cpu);
        await FsDax.Fault(cpu, 0, 1, 1, 0);
    }

    private static async Op MapAndPut(Cpu cpu, int pfn)
    {
        Folio folio = cpu.Ghost.FolioToken(pfn);
        await Rmap.AddPtes(cpu, folio, new Page(pfn + 1), 1, 0, large: true);
        await Rmap.RemovePtes(cpu, folio, new Page(pfn + 1), 1, 0, large: true);
        await FolioReferences.Put(cpu, folio);
    }
}
