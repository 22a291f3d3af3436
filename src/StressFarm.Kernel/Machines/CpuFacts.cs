namespace StressFarm.Kernel.Machines;

/// <summary>Pointers, and what a protocol tells the ghost that no kernel state shows: one short call a fact, right after the access that made it so.</summary>
public sealed partial class Cpu
{
    /// <summary>A fact about the object that the page belongs to now.</summary>
    public void Tell(MomentKind fact, int pfn, ulong a = 0, ulong b = 0) => Ghost.Tell(fact, this, pfn, Ghost.ObjectOf(pfn), a, b);

    /// <summary>A fact about no object.</summary>
    /// <param name="pfn">the page it is about, or -1</param>
    public void TellOfNone(MomentKind fact, int pfn, ulong a = 0, ulong b = 0) => Ghost.Tell(fact, this, pfn, Ghost.NoObject, a, b);

    /// <summary>pfn_to_page(): a pointer to the page as it is now. What it points to may change; the ghost knows when it has.</summary>
    public Page PfnToPage(int pfn) => Ghost.Token(pfn);

    /// <summary>pfn_folio(), of the folio's first page.</summary>
    public Folio PfnFolio(int pfn) => Ghost.FolioToken(pfn);

    /// <summary>A pointer obtained earlier is used: its page must still be in the same life (I14).</summary>
    public void Deref(Page page)
    {
        if (page.Life != 0 && page.Life != Ghost.LifeOf(page.Pfn)) Tell(MomentKind.Deref, page.Pfn, (ulong)page.Life);
    }

    public void Deref(Folio folio) => Deref(folio.Head);

    /// <summary>A compare-and-exchange was done on a page's refcount: it faults on a read-only page even if it stored nothing.</summary>
    public void Exchanged(Page page)
    {
        if (Machine.IsReadOnly(page.Pfn)) Tell(MomentKind.WriteFault, page.Pfn, (ulong)page.Refcount.Index);
    }

    /// <summary>What a debug kernel's check would print at this point (CHECKS=1). A violation that the same operation causes quotes it.</summary>
    public void Printk(string text) => Ghost.Witness.KernelSays(this, text);
}
