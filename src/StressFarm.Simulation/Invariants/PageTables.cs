namespace StressFarm.Simulation.Invariants;

/// <summary>
/// Quiescent audits that read the page tables themselves, so that the ghost's count of what they hold is not taken on trust.
/// </summary>
internal static class PageTables
{
    /// <summary>An entry that is not none: its cell, and how many pages it maps as an order.</summary>
    internal readonly record struct Entry(Word Cell, PageTableEntry Value, int Order);

    /// <summary>Visits every entry that is not none.</summary>
    internal static void Visit<TVisitor>(Judge judge, ref TVisitor visitor) where TVisitor : struct, IVisitor, allows ref struct
    {
        Cells cells = judge.Machine.Cells;
        MemMap memory = judge.Memory;
        for (int mm = 0; mm < Geometry.MaxMms; mm++)
        {
            Word pmds = cells.Pmd(mm, 0), ptes = cells.Pte(mm, 0);
            for (int i = -1; (i = memory.NextUsed(pmds, i + 1, Geometry.MaxTables)) >= 0;)
                visitor.See(Read(memory, new Word(pmds.Index + i), judge.Machine.Arena.PmdOrder));
            for (int i = -1; (i = memory.NextUsed(ptes, i + 1, Geometry.SlotsPerMm)) >= 0;)
                visitor.See(Read(memory, new Word(ptes.Index + i), 0));
        }
    }

    private static Entry Read(MemMap memory, Word cell, int order) => new(cell, new PageTableEntry(memory[cell]), order);

    internal interface IVisitor
    {
        void See(Entry entry);
    }
}

/// <summary>Counts the references that the entries stand for, by object.</summary>
internal readonly ref struct EntryCount(Judge judge, Span<int> entries) : PageTables.IVisitor
{
    private readonly Span<int> _entries = entries;

    public void See(PageTables.Entry entry)
    {
        bool holds = (entry.Value.IsPresent && !entry.Value.IsSpecial) || entry.Value.IsDevicePrivate;
        int id = holds && entry.Value.Pfn < judge.Machine.Geometry.Pages ? judge.Ghost.ObjectOf(entry.Value.Pfn) : Ghost.NoObject;
        if (id != Ghost.NoObject) _entries[id]++;
    }
}

/// <summary>Finds the first migration entry.</summary>
internal struct MigrationSearch : PageTables.IVisitor
{
    public Word Cell = new(-1);
    public PageTableEntry Value;

    public MigrationSearch() { }

    public void See(PageTables.Entry entry)
    {
        if (Cell.Index >= 0 || !entry.Value.IsMigration) return;
        Cell = entry.Cell;
        Value = entry.Value;
    }
}
