namespace StressFarm.Simulation.Tests;

/// <summary>Driver pages in user page tables (spec 3.8), the site audit (4.1) and the MAP values (4.3).</summary>
public class DriverMmapTests
{
    private static readonly Policy s_rfc = new() { Cmp = Cmp.Rfc };

    private static Handle Allocate(Stage stage, DriverProducer producer, int order = 2) =>
        stage.Call(cpu => DriverMemory.Allocate(cpu, producer, order));

    private static Stage Map(Stage stage, Handle handle, int mm = 0, int slot = 0, int first = 0, int count = 64) =>
        stage.Run(cpu => DriverMemory.MapPages(cpu, handle, mm, slot, first, count), name: "driver_mmap");

    private static Stage Zap(Stage stage, int mm, int slot, int count) => stage.Run(async cpu =>
    {
        for (int i = 0; i < count; i++) await Kernel.Protocols.Zap.Slot(cpu, mm, slot + i);
    });

    private static Stage Free(Stage stage, Handle handle) => stage.Run(cpu => DriverMemory.Free(cpu, handle));

    private static void AssertNothingLeft(Stage stage)
    {
        stage.Machine.Judge.Audit(whole: true);
        stage.Run(Teardown.Run, cpu: 0);
        stage.Machine.Judge.AuditEmpty();
        stage.AssertClean();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void K2_Z01_is_found_by_one_thread_within_a_thousand_steps(int order)
    {
        var stage = new Stage(new Z01().Plant(Policy.Control), pages: 128);
        Map(stage, Allocate(stage, DriverProducer.AfPacket, order));
        stage.AssertViolates("I06");
        Assert.InRange(stage.Violation!.AtStep, 1, 1000);
        Assert.Equal("_nr_pages", stage.Violation.Field);
        Assert.Equal("0", stage.Violation.Found);
        Assert.Contains("diff 1 > _nr_pages 0", stage.Violation.Sentence, StringComparison.Ordinal);
        Assert.Contains("__folio_large_mapcount_sanity_checks", stage.Violation.KernelSays, StringComparison.Ordinal);
    }

    /// <summary>Each site that these operations reach, mapped, unmapped and freed by one thread: silent or not, by what.</summary>
    [Theory]
    [InlineData("control", DriverProducer.AfPacket, null)]
    [InlineData("control", DriverProducer.Sg, null)]
    [InlineData("control", DriverProducer.RingBuffer, null)]
    [InlineData("control", DriverProducer.IoUring, null)]
    [InlineData("control", DriverProducer.HugeZero, null)]
    [InlineData("control", DriverProducer.Plain, null)]
    [InlineData("rfc-v1", DriverProducer.AfPacket, "I06")]
    [InlineData("rfc-v1", DriverProducer.Sg, "I06")]
    [InlineData("rfc-v1", DriverProducer.RingBuffer, "I06")]
    [InlineData("rfc-v1", DriverProducer.IoUring, null)]
    [InlineData("rfc-v1", DriverProducer.HugeZero, "I18")]
    [InlineData("rfc-v1", DriverProducer.Plain, null)]
    [InlineData("rfc-gfp", DriverProducer.AfPacket, null)]
    [InlineData("rfc-gfp", DriverProducer.Sg, "I06")]
    [InlineData("rfc-gfp", DriverProducer.RingBuffer, "I06")]
    [InlineData("rfc-skip-rmap", DriverProducer.AfPacket, null)]
    [InlineData("rfc-skip-rmap", DriverProducer.Sg, null)]
    [InlineData("rfc-skip-rmap", DriverProducer.RingBuffer, null)]
    [InlineData("rfc-forbid-insert", DriverProducer.AfPacket, null)]
    [InlineData("rfc-forbid-insert", DriverProducer.Sg, "I36")]
    [InlineData("rfc-forbid-insert", DriverProducer.RingBuffer, null)]
    [InlineData("rfc-order0", DriverProducer.AfPacket, null)]
    [InlineData("rfc-order0", DriverProducer.Sg, null)]
    [InlineData("rfc-order0", DriverProducer.RingBuffer, null)]
    [InlineData("map=vnf-fail", DriverProducer.AfPacket, "I21")]
    [InlineData("map=vnf-fail", DriverProducer.Sg, "I21")]
    [InlineData("map=vnf-fail", DriverProducer.Plain, null)]
    public void Site_audit(string policy, DriverProducer producer, string? invariant)
    {
        var stage = new Stage(Policy.TryParse(policy, out _)!);
        Handle handle = Allocate(stage, producer);
        if (stage.Violation is null) Map(stage, handle);
        if (stage.Violation is null) Zap(stage, 0, 0, 4);
        if (stage.Violation is null) stage.Machine.Judge.Audit(whole: true);
        if (stage.Violation is null) Free(stage, handle);
        if (stage.Violation is null) stage.Run(Teardown.Run);
        if (stage.Violation is null) stage.Machine.Judge.AuditEmpty();
        if (invariant is null) stage.AssertClean();
        else stage.AssertViolates(invariant);
    }

    [Fact]
    public void The_huge_zero_folio_fails_the_free_check_that_large_rmappable_selects()
    {
        var stage = new Stage(s_rfc);
        Free(stage, Allocate(stage, DriverProducer.HugeZero)).AssertViolates("I18");
        Assert.Contains("corrupted mapping in compound page's tail page", stage.Violation!.KernelSays, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DriverProducer.AfPacket)]
    [InlineData(DriverProducer.Sg)]
    [InlineData(DriverProducer.RingBuffer)]
    [InlineData(DriverProducer.IoUring)]
    public void Mapping_a_compound_counts_its_pages_as_file_pages(DriverProducer producer)
    {
        var stage = new Stage();
        Handle handle = Allocate(stage, producer);
        Map(stage, handle, slot: 6); // crosses a page table: PMD order 3
        var folio = new Folio(handle.Pfn);
        Assert.Equal(5u, stage.Memory[folio.Refcount]);
        Assert.Equal(3, (int)stage.Memory[folio.LargeMapcount]);
        Assert.Equal(4u, stage.Memory[folio.NrPagesMapped]);
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(0, (int)stage.Memory[new Page(handle.Pfn + i).Mapcount]);
            Assert.Equal(handle.Pfn + i, new PageTableEntry(stage.Memory[stage.Machine.Cells.Pte(0, 6 + i)]).Pfn);
        }
        stage.Machine.Judge.Audit(whole: true);
        stage.AssertClean();
    }

    [Fact]
    public void One_tail_is_handed_out_by_fault()
    {
        var stage = new Stage();
        Handle handle = Allocate(stage, DriverProducer.Sg);
        Map(stage, handle, slot: 3, first: 2, count: 1);
        Assert.Equal(handle.Pfn + 2, new PageTableEntry(stage.Memory[stage.Machine.Cells.Pte(0, 3)]).Pfn);
        Assert.Equal(0, (int)stage.Memory[new Page(handle.Pfn + 2).Mapcount]);
        Assert.Equal(2u, stage.Memory[new Page(handle.Pfn).Refcount]);
        Assert.Equal(0UL, stage.Memory[new Page(handle.Pfn).Flags] & PageFlag.Locked);
        Free(stage, handle);
        Zap(stage, 0, 3, 1);
        AssertNothingLeft(stage);
    }

    [Theory]
    [InlineData(DriverProducer.AfPacket, true)]
    [InlineData(DriverProducer.AfPacket, false)]
    [InlineData(DriverProducer.IoUring, true)]
    [InlineData(DriverProducer.IoUring, false)]
    [InlineData(DriverProducer.Plain, true)]
    public void Memory_is_freed_by_whoever_comes_last(DriverProducer producer, bool driverFirst)
    {
        var stage = new Stage();
        Handle handle = Allocate(stage, producer);
        Map(stage, handle);
        if (driverFirst)
        {
            Free(stage, handle);
            Assert.NotEqual(Owner.Buddy, stage.Ghost.OwnerOf(handle.Pfn));
            Assert.Equal(Phase.Live, stage.Ghost[stage.Ghost.ObjectOf(handle.Pfn)].Phase);
        }
        Zap(stage, 0, 0, 4);
        if (!driverFirst)
        {
            Assert.Equal(Phase.Live, stage.Ghost[stage.Ghost.ObjectOf(handle.Pfn)].Phase);
            Free(stage, handle);
        }
        Assert.Equal(Ghost.NoObject, stage.Ghost.ObjectOf(handle.Pfn));
        AssertNothingLeft(stage);
    }

    /// <summary>Spec 1.4: the head carries the type, tails do not, and I1 looks at the page.</summary>
    [Fact]
    public void I1_refuses_a_typed_head_and_lets_its_tail_pass()
    {
        foreach (int page in new[] { 0, 1 })
        {
            var stage = new Stage(new Policy { SlabRef = SlabRef.Counted });
            int slab = stage.Call(cpu => SlabMemory.Allocate(cpu, 2));
            stage.Run(cpu => DriverMemory.VmInsertPage(cpu, 0, 0, new Page(slab + page)));
            if (page == 0) stage.AssertClean();
            else stage.AssertViolates("I49");
        }
    }

    [Fact]
    public void I1_refuses_what_has_no_reference_or_is_anonymous()
    {
        var stage = new Stage();
        stage.Run(cpu => DriverMemory.VmInsertPage(cpu, 0, 0, new Page(3)));
        int slab = stage.Call(cpu => SlabMemory.Allocate(cpu, 1));
        stage.Run(cpu => DriverMemory.VmInsertPage(cpu, 0, 0, new Page(slab + 1)));
        stage.Run(cpu => AnonMemory.Fault(cpu, 0, 8, 0, pmd: false));
        int anon = new PageTableEntry(stage.Memory[stage.Machine.Cells.Pte(0, 8)]).Pfn;
        stage.Run(cpu => DriverMemory.VmInsertPage(cpu, 0, 0, new Page(anon)));
        Assert.Equal(0UL, stage.Memory[stage.Machine.Cells.Pte(0, 0)]);
        stage.AssertClean();
    }

    /// <summary>MAP=VNF_FAIL: the zap's NULL path drops neither the reference nor the driver's memory.</summary>
    [Fact]
    public void A_zap_that_sees_NULL_leaks_the_reference()
    {
        var stage = new Stage(new Policy { Map = Kernel.Policies.Map.VnfFail });
        Handle handle = Allocate(stage, DriverProducer.AfPacket);
        Map(stage, handle);
        Zap(stage, 0, 0, 4);
        stage.AssertClean();
        Assert.Equal(5u, stage.Memory[new Page(handle.Pfn).Refcount]);
        Free(stage, handle);
        stage.Run(Teardown.Run);
        stage.Machine.Judge.AuditEmpty();
        stage.AssertViolates("I18");
    }

    /// <summary>MAP=SKIP: references only; the words of page[1] stay the owner's.</summary>
    [Fact]
    public void Skip_takes_references_and_leaves_the_words_alone()
    {
        var stage = new Stage(s_rfc with { Map = Kernel.Policies.Map.Skip });
        Handle handle = Allocate(stage, DriverProducer.RingBuffer);
        ulong[] before = [.. Enumerable.Range(0, 8).Select(w => stage.Memory[new Word((handle.Pfn + 1) * 8 + w)])];
        Map(stage, handle);
        Assert.Equal(5u, stage.Memory[new Page(handle.Pfn).Refcount]);
        Assert.Equal(before, Enumerable.Range(0, 8).Select(w => stage.Memory[new Word((handle.Pfn + 1) * 8 + w)]));
        Zap(stage, 0, 0, 4);
        Free(stage, handle);
        AssertNothingLeft(stage);
    }

    /// <summary>Spec 1.8: page[1] that was unlinked from a list keeps LIST_POISON2, which reads as a mapcount of 291.</summary>
    [Fact]
    public void A_stale_list_poison_reads_as_mapcount_291()
    {
        var stage = new Stage(s_rfc, systemOrder: 4);
        // Two buddies go back one by one, the upper first, so that merging unlinks it: its words keep the poison.
        int first = stage.Call(cpu => BuddyAllocator.AllocPages(cpu, 0, Alloc.Plain, Owner.Small));
        int second = stage.Call(cpu => BuddyAllocator.AllocPages(cpu, 0, Alloc.Plain, Owner.Small));
        Assert.Equal(first ^ 1, second);
        foreach (int pfn in new[] { first, second })
            stage.Ghost.Publish(stage.Machine.Cpus[0], stage.Ghost.ObjectOf(pfn));
        foreach (int pfn in new[] { Math.Max(first, second), Math.Min(first, second) })
        {
            stage.Run(cpu => BuddyAllocator.FreePages(cpu, new Page(pfn), 0));
            stage.Run(cpu => BuddyAllocator.DrainPcp(cpu, 0));
        }
        Handle handle = Allocate(stage, DriverProducer.AfPacket, 4);
        stage.AssertClean();
        Assert.Equal(0, handle.Pfn);
        var folio = new Folio(handle.Pfn);
        Assert.Equal(Layout.ListPoison2, stage.Memory[folio.Second.Prev]);
        Assert.Equal(291, (int)stage.Memory[folio.LargeMapcount] + 1);
        Assert.Equal(-559087616, (int)stage.Memory[folio.NrPagesMapped]);
        // TAIL_MAPPING under the same eyes: entire mapcount 1025, and no pin can be seen.
        Assert.Equal(1025, (int)stage.Memory[folio.EntireMapcount] + 1);
        Assert.True((int)stage.Memory[folio.Pincount] < 0);
    }

    /// <summary>Spec 1.8: a page[1] that never carried folio fields reads as mapped once, by nobody.</summary>
    [Fact]
    public void A_zeroed_second_page_reads_as_mapped()
    {
        var stage = new Stage(s_rfc, systemOrder: 4);
        var second = new Page(1);
        foreach (Word word in new[] { second.Prev, second.Index, second.Private, second.MemcgData }) stage.Machine.Lay(word, 0);
        Handle handle = Allocate(stage, DriverProducer.AfPacket, 4);
        var folio = new Folio(handle.Pfn);
        Assert.Equal(1, (int)stage.Memory[folio.LargeMapcount] + 1);
        Assert.Equal(0UL, stage.Memory[folio.MmIdMapcount]);
        Assert.Equal(0UL, stage.Memory[folio.MmIds]);
        Assert.Equal(0u, stage.Memory[folio.NrPages]);
    }

    /// <summary>The control of the two above: v7.3 writes the fields whatever was there.</summary>
    [Fact]
    public void Control_initialises_the_second_page_of_every_compound()
    {
        var stage = new Stage(systemOrder: 4);
        var second = new Page(1);
        stage.Machine.Lay(second.Prev, Layout.ListPoison2);
        stage.Machine.Lay(second.Index, 0);
        var folio = new Folio(Allocate(stage, DriverProducer.AfPacket, 4).Pfn);
        Assert.Equal(uint.MaxValue, stage.Memory[folio.LargeMapcount]);
        Assert.Equal(0x00000000ffffffffUL, stage.Memory[folio.Second.Mapping]);
        Assert.Equal(ulong.MaxValue, stage.Memory[folio.MmIdMapcount]);
        Assert.Equal(16u, stage.Memory[folio.NrPages]);
    }
}
