namespace StressFarm.Simulation.Tests;

/// <summary>Slab and large kmalloc (spec 3.14).</summary>
public class SlabTests
{
    private static readonly Policy s_counted = new() { SlabRef = SlabRef.Counted };

    private static void AssertNothingLeft(Stage stage)
    {
        stage.Machine.Judge.Audit(whole: true);
        stage.Run(Teardown.Run);
        stage.Machine.Judge.AuditEmpty();
        stage.AssertClean();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void A_slab_overlays_its_head_and_leaves_its_tails(int order)
    {
        var stage = new Stage();
        int pfn = stage.Call(cpu => SlabMemory.Allocate(cpu, order));
        var head = new Page(pfn);
        Assert.Equal(0u, stage.Memory[head.Refcount]);
        Assert.Equal(PageType.Slab, stage.Memory[head.Type]);
        Assert.Equal(SlabMemory.SlabCache, stage.Memory[head.Info]);
        Assert.NotEqual(0UL, stage.Memory[head.Mapping]); // slab_list.prev
        Assert.NotEqual(0UL, stage.Memory[head.MemcgData]); // obj_exts
        for (int i = 1; i < 1 << order; i++) Assert.Equal(uint.MaxValue, stage.Memory[new Page(pfn + i).Type]);
        stage.Run(cpu => SlabMemory.Kfree(cpu, new Page(pfn + (1 << order) - 1), pfn));
        Assert.Equal(Ghost.NoObject, stage.Ghost.ObjectOf(pfn));
        Assert.NotEqual(0UL, stage.Memory[head.Index]); // the freelist word stays behind
        AssertNothingLeft(stage);
    }

    [Fact]
    public void A_full_slab_leaves_the_partial_list_with_poison_in_its_mapping()
    {
        var stage = new Stage();
        int pfn = stage.Call(cpu => SlabMemory.Allocate(cpu, 1));
        var head = new Page(pfn);
        Assert.True(stage.Call(cpu => SlabMemory.Take(cpu, head)));
        Assert.True(stage.Call(cpu => SlabMemory.Take(cpu, head)));
        Assert.False(stage.Call(cpu => SlabMemory.Take(cpu, head)));
        Assert.Equal(Layout.ListPoison2, stage.Memory[head.Mapping]);
        Word list = stage.Machine.Cells.SlabPartial;
        Assert.Equal(stage.Memory.AddressOf(list), stage.Memory[list]);
        for (int i = 0; i < SlabMemory.ObjectsPerSlab; i++) stage.Run(cpu => SlabMemory.Kfree(cpu, new Page(pfn + 1), pfn));
        Assert.Equal(Ghost.NoObject, stage.Ghost.ObjectOf(pfn));
        AssertNothingLeft(stage);
    }

    [Fact]
    public void Large_kmalloc_is_typed_frozen_and_freed_by_its_order()
    {
        var stage = new Stage();
        int pfn = stage.Call(cpu => SlabMemory.AllocateLarge(cpu, 2));
        Assert.Equal(PageType.LargeKmalloc, stage.Memory[new Page(pfn).Type]);
        Assert.Equal(0u, stage.Memory[new Page(pfn).Refcount]);
        stage.Run(cpu => SlabMemory.Kfree(cpu, new Page(pfn), pfn));
        Assert.Equal(Ghost.NoObject, stage.Ghost.ObjectOf(pfn));
        AssertNothingLeft(stage);
    }

    [Theory]
    [InlineData(Walker.Nt)]
    [InlineData(Walker.Pf)]
    public void Speculative_getters_fail_on_a_frozen_slab_and_succeed_on_a_counted_one(Walker walker)
    {
        foreach (Policy policy in new[] { Policy.Control, s_counted })
        {
            var stage = new Stage(policy);
            int pfn = stage.Call(cpu => SlabMemory.Allocate(cpu, 1));
            int got = stage.Call(cpu => walker == Walker.Pf ? SpeculativeGet.Pf(cpu, pfn, Step.W2) : SpeculativeGet.Nt(cpu, pfn, Step.W2));
            Assert.Equal(policy.SlabRef == SlabRef.Counted ? pfn : -1, got);
            stage.AssertClean();
        }
    }

    /// <summary>SLAB_REF=1: the slab is freed while a walker holds it; the walker's put gives the pages back.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void A_walkers_reference_outlives_a_counted_slab(int order)
    {
        var stage = new Stage(s_counted);
        int pfn = stage.Call(cpu => SlabMemory.Allocate(cpu, order));
        stage.Run(async cpu => { Assert.Equal(pfn, await SpeculativeGet.Nt(cpu, pfn, Step.W2)); }, cpu: 1);
        stage.Run(cpu => SlabMemory.Kfree(cpu, new Page(pfn), pfn));
        Assert.NotEqual(Ghost.NoObject, stage.Ghost.ObjectOf(pfn));
        stage.Run(cpu => FolioReferences.Put(cpu, new Folio(pfn)), cpu: 1);
        Assert.Equal(Ghost.NoObject, stage.Ghost.ObjectOf(pfn));
        AssertNothingLeft(stage);
    }

    [Fact]
    public void I49_catches_a_lost_type()
    {
        var stage = new Stage();
        int pfn = stage.Call(cpu => SlabMemory.Allocate(cpu, 1));
        stage.Vandalise(new Page(pfn).Type, PageType.None).AssertViolates("I49");
        Assert.Equal("page_type", stage.Violation!.Field);
    }

    [Fact]
    public void I49_catches_a_reference_rmap_and_a_wrong_head()
    {
        var stage = new Stage();
        int pfn = stage.Call(cpu => SlabMemory.Allocate(cpu, 1));
        stage.Run(cpu => Rmap.AddPtes(cpu, new Folio(pfn), new Page(pfn), 1, 0, large: true));
        stage.AssertViolates("I49");

        stage = new Stage();
        pfn = stage.Call(cpu => SlabMemory.Allocate(cpu, 1));
        stage.Run(cpu => SlabMemory.Kfree(cpu, new Page(pfn + 1), pfn + 4));
        stage.AssertViolates("I49");

        // I20 states the frozen refcount for every owner, this invariant for slab: either may come first.
        stage = new Stage();
        pfn = stage.Call(cpu => SlabMemory.Allocate(cpu, 1));
        stage.Vandalise(new Page(pfn).Refcount, 1);
        Assert.Contains(stage.Violation?.Invariant.Id, new[] { "I20", "I49" });
    }

    [Fact]
    public void Freeing_what_is_no_kmalloc_memory_warns_and_leaks()
    {
        var stage = new Stage();
        int pfn = stage.Folio(1);
        stage.Run(cpu => SlabMemory.Kfree(cpu, new Page(pfn), pfn));
        stage.AssertClean();
        Assert.NotEqual(Ghost.NoObject, stage.Ghost.ObjectOf(pfn));
    }

    /// <summary>A slab's words come back as a folio's: nothing of them may be read as folio state under control.</summary>
    [Fact]
    public void A_folio_on_former_slab_pages_starts_clean()
    {
        var stage = new Stage(systemOrder: 4);
        int slab = stage.Call(cpu => SlabMemory.Allocate(cpu, 4));
        stage.Run(cpu => SlabMemory.Kfree(cpu, new Page(slab + 3), slab));
        int folio = stage.Folio(4);
        Assert.Equal(slab, folio);
        stage.Run(cpu => FolioReferences.Put(cpu, stage.Ghost.FolioToken(folio)));
        AssertNothingLeft(stage);
    }
}
