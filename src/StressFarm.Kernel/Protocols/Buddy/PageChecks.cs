namespace StressFarm.Kernel.Protocols;

/// <summary>
/// The kernel's own checks of pages at allocation and free, with its strings (<c>mm/page_alloc.c</c>; spec A6, F1..F9).
/// They read without being scheduling points, and only debug kernels run them (CHECKS=1). What they say is quoted in a
/// report; whether something is wrong is the invariants' business.
/// </summary>
public static class PageChecks
{
    /// <summary>check_new_pages(): the first complaint is passed to the judge.</summary>
    public static bool NewPages(Cpu cpu, int pfn, int order)
    {
        if (cpu.Policy.Checks == Checks.Off) return false;
        for (int i = 0; i < 1 << order; i++)
            if (BadReason(cpu, new Page(pfn + i), PageFlag.CheckAtPrep | PageFlag.HwPoison, "PREP") is { } reason)
                return Complain(cpu, pfn + i, reason);
        return false;
    }

    /// <summary>
    /// check_new_pages() on a poisoned page says nothing: the block is lost and the allocator looks for another
    /// (<c>mm/page_alloc.c:check_new_page_bad</c>). Only debug kernels look.
    /// </summary>
    public static bool LosesPoisoned(Cpu cpu, int pfn, int order)
    {
        if (!cpu.Machine.Arena.HasHugetlb || cpu.Policy.Checks == Checks.Off) return false;
        ulong seen = 0;
        for (int i = 0; i < 1 << order; i++) seen |= cpu.Peek(new Page(pfn + i).Flags);
        if ((seen & PageFlag.HwPoison) == 0) return false;
        cpu.Ghost.Transfer(cpu, pfn, order, Owner.IsolatedFree, Owner.HwpTaken);
        return true;
    }

    /// <summary>__free_pages_prepare(): true when the block is bad and will be leaked.</summary>
    public static bool FreedPages(Cpu cpu, int pfn, int order, bool compound)
    {
        if (cpu.Policy.Checks == Checks.Off) return false;
        var folio = new Folio(pfn);
        if (CompoundPages.IsTail(cpu.Peek(folio.Head.Info))) return Complain(cpu, pfn, "VM_BUG_ON_PAGE(PageTail(page))");
        if (compound && (int)(cpu.Peek(folio.SecondFlags) & PageFlag.OrderMask) != order)
            return Complain(cpu, pfn, "VM_BUG_ON_PAGE(compound && compound_order(page) != order)");
        bool folioFields = compound && (!cpu.Policy.SeparatesFolios || (cpu.Policy.TypesPages
            ? !PageType.HasType(cpu.Peek(folio.Head.Type))
            : (cpu.Peek(folio.SecondFlags) & PageFlag.LargeRmappable) != 0));
        for (int i = 1; i < 1 << order; i++)
        {
            var tail = new Page(pfn + i);
            string? reason = compound ? TailReason(cpu, folio, tail, i, folioFields) : BadReason(cpu, tail, PageFlag.CheckAtFree, "FREE");
            if (reason is not null) return Complain(cpu, pfn + i, reason);
        }
        Page head = folio.Head;
        ulong mapping = cpu.Peek(head.Mapping);
        string? headReason = cpu.Peek(head.Refcount) != 0 ? "nonzero _refcount"
            : cpu.Peek(head.Type) != PageType.None && !PageType.HasType(cpu.Peek(head.Type)) ? "nonzero mapcount"
            : mapping != 0 && (mapping & Layout.MappingAnon) == 0 ? "non-NULL mapping"
            : cpu.Peek(head.MemcgData) != 0 ? "page still charged to cgroup"
            : (cpu.Peek(head.Flags) & PageFlag.CheckAtFree) != 0 ? "PAGE_FLAGS_CHECK_AT_FREE flag(s) set" : null;
        return headReason is not null && Complain(cpu, pfn, headReason);
    }

    /// <summary><c>free_tail_page_prepare</c>; R-4 of the RFC when the folio fields are not there.</summary>
    private static string? TailReason(Cpu cpu, Folio folio, Page tail, int i, bool folioFields)
    {
        if (folioFields && i == 1)
        {
            if (cpu.Peek(folio.LargeMapcount) != uint.MaxValue) return "nonzero large_mapcount";
            if (cpu.Peek(folio.NrPagesMapped) != 0) return "nonzero nr_pages_mapped";
            if ((uint)cpu.Peek(folio.MmIdMapcount) != uint.MaxValue) return "nonzero mm mapcount 0";
            if (cpu.Peek(folio.MmIdMapcount) >> 32 != uint.MaxValue) return "nonzero mm mapcount 1";
            if (cpu.Peek(folio.EntireMapcount) != uint.MaxValue) return "nonzero entire_mapcount";
            if (cpu.Peek(folio.Pincount) != 0) return "nonzero pincount";
        }
        else if (folioFields && i == 2)
        {
            if (cpu.Peek(folio.DeferredList) != cpu.Memory.AddressOf(folio.DeferredList)) return "on deferred list";
        }
        else if (i == 1 && cpu.Policy.KeepsPincount)
        {
            if (cpu.Peek(folio.Pincount) != 0) return "nonzero pincount";
        }
        else if ((i >= 4 || !folioFields) && cpu.Peek(tail.Mapping) != Layout.TailMapping)
        {
            return folioFields ? "corrupted mapping in tail page" : "corrupted mapping in compound page's tail page";
        }
        ulong info = cpu.Peek(tail.Info);
        if (!CompoundPages.IsTail(info)) return "PageTail not set";
        if (CompoundPages.HeadOf(cpu.Policy, tail.Pfn, info) != folio.Pfn) return "compound_head not consistent";
        if (cpu.Peek(tail.Mapcount) != uint.MaxValue) return "nonzero mapcount";
        if (cpu.Peek(tail.Refcount) != 0) return "nonzero _refcount";
        // _nr_pages is the low half of page[1]'s memcg_data; F5 has zeroed it before this check runs.
        if (cpu.Peek(tail.MemcgData) >> (i == 1 ? 32 : 0) != 0) return "page still charged to cgroup";
        if (i > 1 && (cpu.Peek(tail.Flags) & PageFlag.CheckAtFree) != 0) return "PAGE_FLAGS_CHECK_AT_FREE flag(s) set";
        return i > 1 && cpu.Peek(tail.Private) != 0 ? "nonzero private" : null;
    }

    private static string? BadReason(Cpu cpu, Page page, ulong flags, string at)
    {
        if (cpu.Peek(page.Mapcount) != uint.MaxValue) return "nonzero mapcount";
        if (cpu.Peek(page.Mapping) != 0) return "non-NULL mapping";
        if (cpu.Peek(page.Refcount) != 0) return "nonzero _refcount";
        if (cpu.Peek(page.MemcgData) != 0) return "page still charged to cgroup";
        return (cpu.Peek(page.Flags) & flags) != 0 ? $"PAGE_FLAGS_CHECK_AT_{at} flag(s) set" : null;
    }

    private static bool Complain(Cpu cpu, int pfn, string reason)
    {
        cpu.Printk($"BUG: Bad page state pfn:{pfn:x} ({reason})");
        return true;
    }
}
