namespace StressFarm.Simulation;

/// <summary>
/// Whether a memory is one that a schedule may begin on: nothing locked, mapped or handed out, every list closed in itself and
/// every page of the arena on exactly one. Every walk is bounded, so that it may be asked of bytes from anywhere. What free pages
/// hold otherwise is left alone: stale words are what a memory that goes on is for.
/// </summary>
internal static class SectionCheck
{
    /// <summary>What is wrong with it, in a few words; null when nothing is.</summary>
    public static string? Fault(Machine machine)
    {
        if (CellFault(machine) is { } cell) return $"{cell} is in use";
        if (!Boot.HasSections(machine)) return "a section or the pgmap is not there, or not as it was";
        var seen = new bool[machine.Geometry.Pages];
        for (int order = 0; order <= Geometry.MaxOrder; order++)
        {
            if (Walk(machine, machine.Cells.FreeArea(order), order, Owner.Buddy, seen) < 0) return $"the free list of order {order} is broken";
            if (order >= Geometry.PcpOrders) continue;
            for (int cpu = 0; cpu < machine.Cpus.Length; cpu++)
                if (Walk(machine, machine.Cells.Pcp(cpu, order), order, Owner.Pcp, seen) != machine.Cpus[cpu].Handles.PcpCount[order])
                    return $"a per-CPU list of order {order} is broken";
        }
        return !DriverLists(machine, seen) ? "the driver's lists are broken"
            : seen.AsSpan(0, machine.Arena.SystemPages).Contains(false) ? "a page is on no free list" : null;
    }

    /// <summary>A cell that holds something although nothing is under way.</summary>
    private static string? CellFault(Machine machine)
    {
        Cells cells = machine.Cells;
        foreach (int line in machine.Memory.DirtyLines)
            for (int i = line * Layout.WordsPerPage; i < (line + 1) * Layout.WordsPerPage; i++)
            {
                var word = new Word(i);
                ulong value = machine.Memory[word];
                if (machine.Memory.IsPageWord(word) || value == 0 || cells.IsFreeList(word) || cells.IsDriverHead(word) || cells.IsSectionState(word)) continue;
                bool idle = cells.IsForkSequence(word) ? (value & 1) == 0
                    : word == cells.AnonVmaTree ? value >> Geometry.MaxMms == 0
                    : (cells.IsHead(cells.DeferredHead, word) && value == machine.Memory.AddressOf(cells.DeferredHead))
                        || (cells.IsHead(cells.SlabPartial, word) && value == machine.Memory.AddressOf(cells.SlabPartial))
                        || EmptyHeads(machine).Any(head => cells.IsHead(head, word) && value == machine.Memory.AddressOf(head));
                if (!idle) return i < machine.Memory.FirstCell + cells.Count ? cells.NameOf(word) : "a word past the last cell";
            }
        // A head that was written must lead back to itself; zero would pass above.
        return Closed(machine, cells.DeferredHead) && Closed(machine, cells.SlabPartial) && EmptyHeads(machine).All(head => Closed(machine, head))
            ? null : "a list of folios or slabs";
    }

    /// <summary>Lists that hold something only while a schedule runs.</summary>
    private static IEnumerable<Word> EmptyHeads(Machine machine)
    {
        Cells cells = machine.Cells;
        return Enumerable.Range(1, Geometry.MaxMemcgs - 1).Select(cells.DeferredHeadOf)
            .Concat(Enumerable.Range(0, machine.Cpus.Length).Select(cells.ShrinkHead))
            .Concat(Enumerable.Range(0, Geometry.MaxOrder + 1).Select(cells.IsolatedArea))
            .Concat(Enumerable.Range(0, 2).Select(cells.HugetlbFree)).Concat(Enumerable.Range(0, 2).Select(cells.HugetlbActive));
    }

    private static bool Closed(Machine machine, Word head)
    {
        ulong self = machine.Memory.AddressOf(head);
        return machine.Memory[head] == self && machine.Memory[new Word(head.Index + 1)] == self;
    }

    /// <summary>Blocks on a list of free pages; -1 when it is broken.</summary>
    private static int Walk(Machine machine, Word head, int order, Owner owner, bool[] seen)
    {
        MemMap memory = machine.Memory;
        ulong end = memory.AddressOf(head), last = end;
        int count = 0;
        for (ulong at = memory[head]; at != end; at = memory[memory.WordAt(at)])
        {
            int pfn = memory.PfnAt(at);
            if (pfn < 0 || at != memory.AddressOf(new Page(pfn).Lru) || (pfn & ((1 << order) - 1)) != 0
                || order > machine.Arena.LargestBlock || memory[new Page(pfn).Prev] != last || !Claim(machine, pfn, order, owner, seen, machine.Arena.SystemPages)) return -1;
            last = at;
            count++;
        }
        return memory[new Word(head.Index + 1)] == last ? count : -1;
    }

    /// <summary>ALLOCATOR=LIFO: where the driver's lists were filled, they hold every page of its memory once.</summary>
    private static bool DriverLists(Machine machine, bool[] seen)
    {
        Word heads = machine.Cells.DriverHeads;
        int first = machine.Geometry.DeviceBase, end = first + machine.Arena.DevicePages;
        for (int pfn = first; pfn < end; pfn++)
            if (machine.Ghost.OwnerOf(pfn) != Owner.DevFree) return false;
        if (machine.Memory[heads] == 0 && machine.Memory[new Word(heads.Index + 1)] == 0) return true;
        for (int list = 0; list < 2; list++)
        {
            int order = list == 0 ? 0 : machine.Driver.LargeOrder;
            for (ulong at = machine.Memory[new Word(heads.Index + list)]; at != 0;)
            {
                int pfn = machine.Memory.PfnAt(at);
                if (pfn < first || at != machine.Memory.AddressOf(new Page(pfn)) || !Claim(machine, pfn, order, Owner.DevFree, seen, end)) return false;
                at = machine.Memory[new Page(pfn).ZoneDeviceData];
            }
        }
        return !seen.AsSpan(first, end - first).Contains(false);
    }

    /// <summary>The block is its owner's and was met for the first time.</summary>
    private static bool Claim(Machine machine, int pfn, int order, Owner owner, bool[] seen, int end)
    {
        if (pfn + (1 << order) > end) return false;
        for (int i = pfn; i < pfn + (1 << order); i++)
        {
            if (seen[i] || machine.Ghost.OwnerOf(i) != owner) return false;
            seen[i] = true;
        }
        return true;
    }
}
