namespace StressFarm.Simulation.Tests;

/// <summary>Control first: each structural invariant must catch the violation planted for it, and no other one does.</summary>
public class StructureInvariantTests
{
    [Theory]
    [InlineData(Enc.Mask)]
    [InlineData(Enc.Ptr)]
    public void I01_catches_a_tail_that_leads_elsewhere(Enc enc)
    {
        var policy = new Policy { Enc = enc };
        var stage = new Stage(policy);
        int pfn = stage.Folio(2);
        ulong wrong = CompoundPages.TailInfo(policy, pfn + 2, 1);
        stage.Vandalise(new Page(pfn + 3).Info, wrong).AssertViolates("I01");
    }

    [Fact]
    public void I01_catches_a_tail_marker_on_a_free_page()
    {
        var stage = new Stage();
        stage.Vandalise(new Page(7).Info, CompoundPages.TailInfo(Policy.Control, 4, 2)).AssertViolates("I01");
    }

    [Fact]
    public void I01_catches_a_live_folio_that_loses_its_head_flag()
    {
        var stage = new Stage();
        int pfn = stage.Folio(2);
        stage.Vandalise(new Page(pfn).Flags, PageFlag.ZoneNormal).AssertViolates("I01");
    }

    [Fact]
    public void I02_catches_a_page_that_is_head_and_tail()
    {
        var stage = new Stage();
        int pfn = stage.Folio(2);
        Word flags = new Page(pfn + 2).Flags;
        stage.Vandalise(flags, stage.Memory[flags] | PageFlag.Head).AssertViolates("I02");
    }

    [Fact]
    public void I03_catches_a_head_flag_on_a_free_page()
    {
        var stage = new Stage();
        stage.Vandalise(new Page(9).Flags, PageFlag.ZoneNormal | PageFlag.Head).AssertViolates("I03");
    }

    [Fact]
    public void I04_catches_a_tail_that_loses_its_marker()
    {
        var stage = new Stage();
        int pfn = stage.Folio(3);
        stage.Vandalise(new Page(pfn + 5).Info, 0).AssertViolates("I04");
    }

    [Fact]
    public void I05_counts_the_tails_at_quiescence()
    {
        var stage = new Stage();
        int pfn = stage.Folio(3);
        stage.Machine.Judge.Enabled = false; // past the checks of the step, as a WEAK store would get
        stage.Vandalise(new Page(pfn + 5).Info, 0);
        stage.Machine.Judge.Enabled = true;
        stage.Machine.Judge.Audit(whole: true);
        stage.AssertViolates("I05");
    }

    [Fact]
    public void I07_catches_a_tail_mapping_that_is_not_poison()
    {
        var stage = new Stage();
        int pfn = stage.Folio(3);
        stage.Vandalise(new Page(pfn + 4).Mapping, 0);
        stage.AssertClean();
        stage.Machine.Judge.Audit(whole: true);
        stage.AssertViolates("I07");
    }

    [Fact]
    public void I08_catches_a_reference_on_a_tail()
    {
        var stage = new Stage();
        int pfn = stage.Folio(2);
        stage.Vandalise(new Page(pfn + 1).Refcount, 1).AssertViolates("I08");
    }

    [Theory]
    [InlineData(Enc.Mask)]
    [InlineData(Enc.Ptr)]
    public void I09_catches_bit_zero_that_is_no_tail_marker(Enc enc)
    {
        var stage = new Stage(new Policy { Enc = enc });
        stage.Machine.Reset(stage.Programme.Arena with { SystemOrder = 4 }, new Policy { Enc = enc }, stage.Programme);
        // A hole: outside the arena, so that no owner's rule (I01) speaks first.
        stage.Vandalise(new Page(20).Info, 0xffff_8880_1234_5671).AssertViolates("I09");
    }

    [Fact]
    public void I10_catches_an_order_that_changes_in_life()
    {
        var stage = new Stage();
        int pfn = stage.Folio(2);
        Word second = new Folio(pfn).SecondFlags;
        stage.Vandalise(second, (stage.Memory[second] & ~PageFlag.OrderMask) | 1).AssertViolates("I10");
    }

    [Fact]
    public void A_folio_lives_and_dies_without_a_violation()
    {
        foreach (Enc enc in Enum.GetValues<Enc>())
            foreach (Cmp cmp in Enum.GetValues<Cmp>())
                for (int order = 0; order <= 4; order++)
                {
                    var stage = new Stage(new Policy { Enc = enc, Cmp = cmp });
                    int pfn = stage.Folio(order);
                    stage.Machine.Judge.Audit(whole: true);
                    stage.Run(cpu => FolioReferences.Put(cpu, stage.Ghost.FolioToken(pfn)));
                    stage.Machine.Judge.Audit(whole: true);
                    stage.Machine.Judge.AuditEmpty();
                    stage.AssertClean();
                    Assert.Equal(Owner.Hole, stage.Ghost.OwnerOf(40));
                }
    }
}
