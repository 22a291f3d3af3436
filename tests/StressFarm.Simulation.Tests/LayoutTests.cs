namespace StressFarm.Simulation.Tests;

/// <summary>The words of spec 1.2 and 1.7 at their offsets, and the known answers of 1.8.</summary>
public class LayoutTests
{
    private static int Offset(Word w) => w.Index * 8;
    private static int Offset(Half h) => h.Index * 4;

    [Fact]
    public void Page_fields_are_where_the_kernel_has_them()
    {
        var page = new Page(3);
        int at = 3 * 64;
        Assert.Equal(at + 0, Offset(page.Flags));
        Assert.Equal(at + 8, Offset(page.Info));
        Assert.Equal(at + 8, Offset(page.Pgmap));
        Assert.Equal(at + 8, Offset(page.Lru));
        Assert.Equal(at + 16, Offset(page.Prev));
        Assert.Equal(at + 16, Offset(page.ZoneDeviceData));
        Assert.Equal(at + 24, Offset(page.Mapping));
        Assert.Equal(at + 32, Offset(page.Index));
        Assert.Equal(at + 40, Offset(page.Private));
        Assert.Equal(at + 48, Offset(page.Mapcount));
        Assert.Equal(at + 48, Offset(page.Type));
        Assert.Equal(at + 52, Offset(page.Refcount));
        Assert.Equal(at + 56, Offset(page.MemcgData));
    }

    [Fact]
    public void Folio_fields_overlay_the_second_and_third_page()
    {
        var folio = new Folio(4);
        int second = 5 * 64, third = 6 * 64;
        Assert.Equal(second + 0, Offset(folio.SecondFlags));
        Assert.Equal(second + 16, Offset(folio.LargeMapcount));
        Assert.Equal(second + 20, Offset(folio.NrPagesMapped));
        Assert.Equal(second + 24, Offset(folio.EntireMapcount));
        Assert.Equal(second + 28, Offset(folio.Pincount));
        Assert.Equal(second + 32, Offset(folio.MmIdMapcount));
        Assert.Equal(second + 40, Offset(folio.MmIds));
        Assert.Equal(second + 56, Offset(folio.NrPages));
        Assert.Equal(third + 16, Offset(folio.DeferredList));
    }

    [Fact]
    public void Fields_as_data_are_the_views_fields()
    {
        IReadOnlyList<KernelField> all = KernelField.All;
        Assert.Equal(all.Count, all.Select(f => (f.Struct, f.Member)).Distinct().Count());
        Assert.All(all, f => Assert.InRange(f.Offset + f.Size, f.Size, f.Struct == "folio" ? 4 * 64 : 64));
        // No two members of a structure overlap but those that are one word's users: lru, pgmap, compound_info; mapcount and type.
        foreach (KernelField a in all.Where(f => f.Struct == "folio"))
            Assert.DoesNotContain(all, b => b.Struct == "folio" && b != a && b.Offset < a.Offset + a.Size && a.Offset < b.Offset + b.Size);
        Assert.Equal((new KernelField("folio", "_pincount", 92, 4), new KernelField("page", "_refcount", 52, 4)),
            (all.Single(f => f.Member == "_pincount"), all.Single(f => f.Member == "_refcount")));
        string page = File.ReadAllText(Path.Combine(RepositoryRoot.Folder, "docs", "simulation.md"));
        Assert.All(all.Where(f => f.Member is not ("_flags_1" or "lru")), f => Assert.Contains($"`{f.Member}", page, StringComparison.Ordinal));
    }

    [Fact]
    public void TAIL_MAPPING_read_as_folio_fields()
    {
        MemMap memory = new Stage().Memory;
        var folio = new Folio(40);
        memory.Write(folio.Second.Mapping.Index, Layout.TailMapping, 0);
        Assert.Equal(1024, (int)memory[folio.EntireMapcount]);
        Assert.Equal(1025, (int)memory[folio.EntireMapcount] + 1);
        Assert.Equal(-559087616, (int)memory[folio.Pincount]);
        Assert.False((int)memory[folio.Pincount] > 0, "folio_maybe_dma_pinned()");
        memory.WriteHalf(folio.Pincount.Index, memory[folio.Pincount] + 1, 0);
        Assert.Equal(-559087615, (int)memory[folio.Pincount]);
        Assert.False((int)memory[folio.Pincount] > 0, "it stays false after a pin");
        Assert.Equal(0xdead_0001_0000_0400, memory[folio.Second.Mapping]);
    }

    [Fact]
    public void LIST_POISON2_read_as_folio_fields()
    {
        MemMap memory = new Stage().Memory;
        var folio = new Folio(40);
        memory.Write(folio.Second.Prev.Index, Layout.ListPoison2, 0);
        Assert.Equal(290, (int)memory[folio.LargeMapcount]);
        Assert.Equal(291, (int)memory[folio.LargeMapcount] + 1);
        Assert.Equal(-559087616, (int)memory[folio.NrPagesMapped]);
    }

    [Fact]
    public void A_prepared_compound_page_has_the_initial_words()
    {
        var stage = new Stage();
        var folio = new Folio(stage.Folio(3));
        MemMap m = stage.Memory;
        Assert.Equal(0x0000_0000_ffff_fffful, m[folio.Second.Mapping]);
        Assert.Equal(ulong.MaxValue, m[folio.Second.Index]);
        Assert.Equal(-1, (int)m[folio.LargeMapcount]);
        Assert.Equal(0, (int)m[folio.NrPagesMapped]);
        Assert.Equal(8u, m[folio.NrPages]);
        Assert.Equal(0ul, m[folio.MmIds]);
        Assert.Equal(3ul | PageFlag.LargeRmappable, m[folio.SecondFlags] & PageFlag.Second);
        Assert.Equal(m.AddressOf(folio.DeferredList), m[folio.DeferredList]);
        for (int i = 4; i < 8; i++) Assert.Equal(Layout.TailMapping, m[new Page(folio.Pfn + i).Mapping]);
    }

    [Fact]
    public void Under_the_RFC_the_eight_fields_of_a_compound_page_are_what_the_last_owner_left()
    {
        var stage = new Stage(new Policy { Cmp = Cmp.Rfc });
        int pfn = stage.Call(cpu => BuddyAllocator.AllocPages(cpu, 3, Alloc.Compound, Owner.Compound));
        var folio = new Folio(pfn);
        MemMap m = stage.Memory;
        Assert.Equal(0u, m[folio.NrPages]);
        Assert.Equal(1025, (int)m[folio.EntireMapcount] + 1);
        Assert.Equal(-559087616, (int)m[folio.Pincount]);
        stage.Run(cpu => CompoundPages.PageRmappableFolio(cpu, pfn));
        Assert.Equal(8u, m[folio.NrPages]);
        Assert.Equal(0, (int)m[folio.Pincount]);
    }

    [Theory]
    [InlineData(Enc.Ptr, 5, 4, 2)]
    [InlineData(Enc.Mask, 5, 4, 2)]
    [InlineData(Enc.Ptr, 1023, 512, 9)]
    [InlineData(Enc.Mask, 1023, 512, 9)]
    public void A_tail_leads_to_its_head(Enc enc, int tail, int head, int order)
    {
        var policy = new Policy { Enc = enc };
        ulong info = CompoundPages.TailInfo(policy, head, order);
        Assert.True(CompoundPages.IsTail(info));
        Assert.Equal(head, CompoundPages.HeadOf(policy, tail, info));
        Assert.Equal(tail, CompoundPages.HeadOf(policy, tail, info & ~1ul));
    }

    [Fact]
    public void A_mask_is_position_independent_and_carries_the_order()
    {
        ulong info = CompoundPages.TailInfo(Policy.Control, 0, 3);
        Assert.Equal(info, CompoundPages.TailInfo(Policy.Control, 24, 3));
        Assert.Equal(~0ul << 9 | 1, info);
        Assert.Equal(24, CompoundPages.HeadOf(Policy.Control, 29, info));
    }

    [Theory]
    [InlineData(0xffff_ffffu, false)]
    [InlineData(0u, false)]
    [InlineData(5u, false)]
    [InlineData(PageType.Buddy, true)]
    [InlineData(PageType.Slab, true)]
    [InlineData(0xfeff_ffffu, true)]
    [InlineData(0x8000_0000u, true)]
    [InlineData(0xff00_0000u, false)]
    public void Page_type_and_mapcount_share_a_word(uint value, bool typed) => Assert.Equal(typed, PageType.HasType(value));

    [Theory]
    [InlineData(9, PageFlag.Locked | PageFlag.Uptodate)]
    [InlineData(2, PageFlag.Writeback)]
    [InlineData(4, PageFlag.Referenced)]
    [InlineData(16, PageFlag.Dirty)]
    public void A_stale_order_looks_like_flags(int order, ulong flags) => Assert.Equal(flags, (ulong)order & PageFlag.AllFlags);
}
