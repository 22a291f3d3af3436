namespace StressFarm.Simulation.Tests;

/// <summary>Control first, for lifecycle, references and liveness.</summary>
public class LifecycleInvariantTests
{
    [Theory]
    [InlineData(Layout.Flags, PageFlag.ZoneNormal | PageFlag.Locked, "flags")]
    [InlineData(Layout.Mapping, 0x1230UL, "mapping")]
    [InlineData(Layout.Private, 5UL, "private")]
    [InlineData(Layout.Memcg, 0x40UL, "memcg_data")]
    public void I11_catches_a_dirty_page_at_hand_out(int word, ulong value, string field)
    {
        var stage = new Stage();
        stage.Vandalise(new Word(1 * Layout.WordsPerPage + word), value);
        stage.AssertClean();
        stage.Call(cpu => BuddyAllocator.AllocPages(cpu, 5, Alloc.Folio, Owner.Folio));
        stage.AssertViolates("I11");
        Assert.Equal(field, stage.Violation!.Field);
        Assert.Equal("vandal", stage.Violation.LastWriter.Operation);
    }

    [Fact]
    public void I11_quotes_the_kernel_only_when_it_checks()
    {
        foreach (Checks checks in Enum.GetValues<Checks>())
        {
            var stage = new Stage(new Policy { Checks = checks });
            stage.Vandalise(new Page(1).Mapping, 0x1230);
            stage.Call(cpu => BuddyAllocator.AllocPages(cpu, 5, Alloc.Folio, Owner.Folio));
            stage.AssertViolates("I11");
            Assert.Equal(checks == Checks.On, stage.Violation!.KernelSays?.Contains("non-NULL mapping", StringComparison.Ordinal) ?? false);
        }
    }

    [Fact]
    public void I12_catches_a_free_under_a_holder()
    {
        var stage = new Stage();
        int pfn = stage.Folio(1);
        // A freeing path that believes it owns the last reference.
        stage.Run(cpu => BuddyAllocator.FreeFrozen(cpu, pfn, 1)).AssertViolates("I12");
    }

    [Theory]
    [InlineData("_large_mapcount")]
    [InlineData("_nr_pages_mapped")]
    [InlineData("_entire_mapcount")]
    [InlineData("_pincount")]
    [InlineData("_mm_id_mapcount")]
    [InlineData("_deferred_list")]
    [InlineData("_mapcount")]
    public void I13_catches_each_counter_left_behind(string field)
    {
        var stage = new Stage();
        int pfn = stage.Folio(2);
        var folio = new Folio(pfn);
        switch (field)
        {
            case "_large_mapcount": stage.Vandalise(folio.LargeMapcount, 0); break;
            case "_nr_pages_mapped": stage.Vandalise(folio.NrPagesMapped, 1); break;
            case "_entire_mapcount": stage.Vandalise(folio.EntireMapcount, 0); break;
            case "_pincount": stage.Vandalise(folio.Pincount, 1); break;
            case "_mm_id_mapcount": stage.Vandalise(folio.MmIdMapcount.Low, 0); break;
            case "_mapcount": stage.Vandalise(new Page(pfn + 1).Mapcount, 0); break;
            default: stage.Vandalise(new Word(folio.DeferredList.Index), stage.Memory.AddressOf(stage.Machine.Cells.DeferredHead)); break;
        }
        stage.AssertClean();
        // Past folio_unqueue_deferred_split(), which would mend the list.
        stage.Run(async cpu =>
        {
            await cpu.Add(folio.Refcount, -1, Step.P1);
            cpu.Ghost.Put(cpu, pfn);
            cpu.Ghost.BeginFree(cpu, pfn);
            await BuddyAllocator.FreeFrozen(cpu, pfn, 2);
        });
        stage.AssertViolates("I13");
        Assert.Equal(field, stage.Violation!.Field);
    }

    [Fact]
    public void I14_catches_a_pointer_kept_over_a_free()
    {
        var stage = new Stage();
        int pfn = stage.Folio(0);
        Folio kept = stage.Ghost.FolioToken(pfn);
        stage.Run(cpu => FolioReferences.Put(cpu, kept));
        stage.AssertClean();
        stage.Run(cpu => FolioReferences.Unlock(cpu, kept)).AssertViolates("I14");
    }

    [Fact]
    public void I16_catches_two_owners_of_a_page()
    {
        var stage = new Stage();
        int pfn = stage.Folio(1);
        stage.Ghost.Transfer(stage.Machine.Cpus[1], pfn, 0, Owner.Buddy, Owner.IsolatedFree);
        stage.AssertViolates("I16");
    }

    [Fact]
    public void I16_catches_pages_missing_from_the_lists()
    {
        var stage = new Stage();
        stage.Machine.Judge.Audit(whole: true);
        stage.AssertClean();
        Word head = stage.Machine.Cells.FreeArea(5);
        stage.Vandalise(head, stage.Memory.AddressOf(head));
        stage.Machine.Judge.Audit(whole: true);
        stage.AssertViolates("I16");
    }

    [Fact]
    public void I17_catches_a_free_block_of_the_wrong_order()
    {
        var stage = new Stage();
        stage.Vandalise(new Page(0).Private, 4);
        stage.Machine.Judge.Audit(whole: true);
        stage.AssertViolates("I17");
    }

    [Fact]
    public void I18_catches_a_leak()
    {
        var stage = new Stage();
        stage.Folio(2);
        stage.Machine.Judge.AuditEmpty();
        stage.AssertViolates("I18");
    }

    [Theory]
    [InlineData(PageType.Slab)]
    [InlineData(0xf600_0000u)]
    [InlineData(PageType.Buddy + 1)] // a _mapcount that counted in a typed word
    [InlineData(0xffff_fffeu)] // a _mapcount that went below -1
    [InlineData(3u)]
    public void I19_catches_a_type_that_is_not_the_owners(uint value)
    {
        var stage = new Stage();
        stage.Vandalise(new Page(3).Type, value).AssertViolates("I19");
    }

    [Fact]
    public void I20_catches_a_reference_on_a_free_page()
    {
        var stage = new Stage();
        stage.Vandalise(new Page(3).Refcount, 1).AssertViolates("I20");
    }

    [Fact]
    public void I21_catches_a_reference_nobody_holds()
    {
        var stage = new Stage();
        int pfn = stage.Folio(0);
        stage.Run(async cpu => { await cpu.Add(new Page(pfn).Refcount, 1, Step.Get); });
        stage.AssertClean();
        stage.Machine.Judge.Audit(whole: false);
        stage.AssertViolates("I21");
    }

    [Fact]
    public void I22_catches_a_put_of_somebody_elses_reference()
    {
        var stage = new Stage();
        int pfn = stage.Folio(0);
        stage.Run(cpu => FolioReferences.Put(cpu, stage.Ghost.FolioToken(pfn)), cpu: 1).AssertViolates("I22");
    }

    [Fact]
    public void I22_catches_a_count_below_its_holders()
    {
        var stage = new Stage();
        int pfn = stage.Folio(0);
        stage.Run(cpu => FolioReferences.Get(cpu, stage.Ghost.FolioToken(pfn)));
        stage.Vandalise(new Page(pfn).Refcount, 1).AssertViolates("I22");
    }

    [Fact]
    public void I16_catches_a_free_that_takes_the_neighbour_along()
    {
        var stage = new Stage();
        int pfn = stage.Folio(0), next = stage.Folio(0);
        int low = Math.Min(pfn, next);
        Assert.Equal(1, Math.Abs(pfn - next));
        stage.Run(async cpu =>
        {
            await cpu.Add(new Page(low).Refcount, -1, Step.P1);
            cpu.Ghost.Put(cpu, low);
            cpu.Ghost.BeginFree(cpu, low);
            cpu.Ghost.EndFree(cpu, low, 1, Owner.IsolatedFree);
        });
        stage.AssertViolates("I16");
    }

    [Fact]
    public void I21b_catches_references_that_no_entry_stands_for()
    {
        var stage = new Stage();
        stage.Run(cpu => AnonMemory.Fault(cpu, 0, 4, 0, pmd: false));
        stage.Machine.Judge.Audit(whole: true);
        stage.AssertClean();
        stage.Vandalise(stage.Machine.Cells.Pte(0, 4), 0);
        stage.Machine.Judge.Audit(whole: true);
        stage.AssertViolates("I21b");
    }

    [Fact]
    public void I57_catches_a_migration_entry_that_nobody_will_remove()
    {
        var stage = new Stage();
        stage.Vandalise(stage.Machine.Cells.Pte(1, 9), PageTableEntry.Migration(7, write: true, exclusive: false).Raw);
        stage.Machine.Judge.Audit(whole: true);
        stage.AssertViolates("I57");
        Assert.Contains("slot 9", stage.Violation!.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void I22_catches_more_unpins_than_pins()
    {
        var stage = new Stage();
        int pfn = stage.Folio(2);
        stage.Ghost.Unpin(stage.Machine.Cpus[0], pfn, 1, 1, 1);
        stage.AssertViolates("I22");
    }

    [Fact]
    public void I57_sees_a_deadlock_at_once()
    {
        var stage = new Stage();
        int pfn = stage.Folio(0);
        Folio folio = stage.Ghost.FolioToken(pfn);
        stage.Run(cpu => FolioReferences.Lock(cpu, folio));
        stage.Begin(cpu => FolioReferences.Lock(cpu, folio), 0);
        Assert.Equal(0u, stage.Machine.Runnable);
        stage.Machine.Judge.Hear(MomentKind.Deadlock, stage.Machine.Cpus[0], -1, Ghost.NoObject);
        stage.AssertViolates("I57");
        Assert.Contains("PG_locked", stage.Violation!.Sentence, StringComparison.Ordinal);
    }
}
