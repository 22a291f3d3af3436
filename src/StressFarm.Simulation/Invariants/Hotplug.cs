namespace StressFarm.Simulation.Invariants;

/// <summary>I53.</summary>
public sealed class RemovedMemoryIsLeftAlone : Invariant
{
    public override string Id => "I53";
    public override string Statement => "no word of a removed section's memmap is accessed, its usage is freed a grace period after the last reader could find it, and a pgmap's count after the last getter";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "none";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.RemovedAccess, MomentKind.FreedUsageRead, MomentKind.PgmapRefGone];

    public override void On(Judge judge, in Moment moment)
    {
        Cells cells = judge.Machine.Cells;
        switch (moment.Kind)
        {
            case MomentKind.RemovedAccess:
                judge.Violate(this, moment.Cpu, moment.Pfn, new Page(moment.Pfn).Flags.Low.Index + 2 * (int)moment.A, "memmap", "no access", $"word {moment.A}",
                    $"word {moment.A} of page {moment.Pfn} is accessed; the memory has been removed and there is no struct page");
                break;
            case MomentKind.FreedUsageRead:
                judge.Violate(this, moment.Cpu, moment.Pfn, cells.SectionUsage((int)moment.A).Low.Index, "usage", "the usage that was found", "freed",
                    $"pfn_section_valid() reads the usage of section {moment.A}, which has been freed since the section was seen to be valid");
                break;
            default:
                judge.Violate(this, moment.Cpu, moment.Pfn, cells.PgmapRef.Low.Index, "pgmap->ref", "a count that exists", "freed",
                    "get_dev_pagemap() has found the pgmap and uses its count, which percpu_ref_exit() has freed");
                break;
        }
    }
}

/// <summary>I54.</summary>
public sealed class OnlyFreeMemoryGoesOffline : Invariant
{
    public override string Id => "I54";
    public override string Statement => "a section goes offline only when each of its pages is free, with no reference";
    public override When When => When.Quiescent;
    public override Severity Severity => Severity.Leak;
    public override string Mirror => "test_pages_isolated, BUG_ON(!PageBuddy)";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.SectionOffline];

    public override void On(Judge judge, in Moment moment)
    {
        for (int pfn = (int)moment.A; pfn < (int)(moment.A + moment.B); pfn++)
        {
            var page = new Page(pfn);
            Owner owner = judge.Ghost.OwnerOf(pfn);
            if (owner == Owner.Buddy && judge.Memory[page.Refcount] == 0) continue;
            judge.Violate(this, moment.Cpu, pfn, page.Refcount.Index, "_refcount", "a free page", $"{owner}, _refcount {(int)judge.Memory[page.Refcount]}",
                $"pages {moment.A}..{moment.A + moment.B - 1} go offline while page {pfn} belongs to {owner} and has {(int)judge.Memory[page.Refcount]} references");
            return;
        }
    }
}

/// <summary>
/// I56, INV-DISC: of a device pfn whose refcount is 0 a reader cannot know whether the folio is free or frozen for a split, so
/// whatever else its words say must not decide what it does.
/// </summary>
public sealed class FreedAndFrozenLookAlike : Invariant
{
    public override string Id => "I56";
    public override string Statement => "a reader that gets no reference goes on by one page, whatever the words of the freed or frozen folio say";
    public override When When => When.Quiescent;
    public override Severity Severity => Severity.Wrong;
    public override string Mirror => "none";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.ReaderAdvance];

    public override void On(Judge judge, in Moment moment)
    {
        if (moment.A == 1) return;
        string state = moment.Object == Ghost.NoObject ? $"{judge.Ghost.OwnerOf(moment.Pfn)}" : $"{judge.Ghost[moment.Object].Phase}";
        judge.Violate(this, moment.Cpu, moment.Pfn, new Folio(moment.Pfn).NrPages.Index, "_nr_pages", "1 page", $"{moment.A} pages",
            $"a walk got no reference of device page {moment.Pfn} ({state}) and goes on by {moment.A} pages, which it read there");
    }
}

/// <summary>I47, memunmap's part.</summary>
public sealed class MemunmapWaitsForThePages : Invariant
{
    public override string Id => "I47b";
    public override string Statement => "memunmap_pages() removes device memory only when every page of it is back";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "none";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.MemunmapGoesOn];

    public override void On(Judge judge, in Moment moment)
    {
        for (int pfn = moment.Pfn; pfn < moment.Pfn + judge.Machine.Arena.DevicePages; pfn++)
        {
            if (judge.Ghost.OwnerOf(pfn) == Owner.DevFree && judge.Ghost.ObjectOf(pfn) == Ghost.NoObject) continue;
            judge.Violate(this, moment.Cpu, pfn, judge.Machine.Cells.PgmapRef.Low.Index, "pgmap->ref", "every page back", $"page {pfn}: {judge.Ghost.OwnerOf(pfn)}",
                $"memunmap_pages() goes on to remove the memory while page {pfn} belongs to {judge.Ghost.OwnerOf(pfn)}");
            return;
        }
    }
}

/// <summary>I02, the readers' side of it.</summary>
public sealed class FolioTestsAreOnFolios : Invariant
{
    public override string Id => "I02b";
    public override string Statement => "a folio's flags are tested on a page that is no tail";
    public override When When => When.Always;
    public override Severity Severity => Severity.Wrong;
    public override string Mirror => "VM_BUG_ON_PGFLAGS in folio_flags()";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.TailTested];

    public override void On(Judge judge, in Moment moment)
    {
        var page = new Page(moment.Pfn);
        judge.Violate(this, moment.Cpu, moment.Pfn, page.Info.Low.Index, "compound_info", "no tail marker", $"{judge.Memory[page.Info]:x}",
            $"folio_test_large() is asked of page {moment.Pfn}, which has become a tail since page_folio() gave it");
    }
}
