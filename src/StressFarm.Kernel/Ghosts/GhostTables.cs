namespace StressFarm.Kernel.Ghosts;

/// <summary>Generations of what is no page: page tables and the usage of sections.</summary>
public sealed partial class Ghost
{
    /// <summary>Per mm and table: generations of the table; and whether it is deposited beneath a PMD entry.</summary>
    private Logged<int> _tableLife = new(Geometry.MaxMms * Geometry.MaxTables, LogKind.TableLife);
    private Logged<bool> _tableDeposited = new(Geometry.MaxMms * Geometry.MaxTables, LogKind.TableDeposited);
    private bool _tables;
    private Logged<int> _usageLife = new(Geometry.MaxSections, LogKind.UsageLife);

    /// <summary>The generation of a page table: a new number when it is freed.</summary>
    public int TableLife(int mm, int table) => _tableLife[mm * Geometry.MaxTables + table];

    /// <summary>khugepaged took the table out and keeps it beneath the PMD entry (pgtable_trans_huge_deposit).</summary>
    public void DepositTable(int mm, int table) => _tables = _tableDeposited[mm * Geometry.MaxTables + table] = true;

    /// <summary>The deposited table is linked in again (pgtable_trans_huge_withdraw).</summary>
    public void WithdrawTable(int mm, int table) => _tableDeposited[mm * Geometry.MaxTables + table] = false;

    /// <summary>A PMD entry is zapped, and with it the table that was deposited, if any (zap_deposited_table).</summary>
    public void FreeDepositedTable(int mm, int table)
    {
        int i = mm * Geometry.MaxTables + table;
        if (!_tableDeposited[i]) return;
        _tableDeposited[i] = false;
        _tableLife[i]++;
    }

    /// <summary>The generation of a section's usage: a new number when it is freed.</summary>
    public int UsageLife(int section) => _usageLife[section];

    /// <summary>A section's usage can be found no more. It is freed when nobody can hold it any more; at once before Z34 was mended.</summary>
    public void WithdrawUsage(int section) => _usageLife[section] += FreesUsageAtOnce ? 1 : 0;

    /// <summary>A grace period later.</summary>
    public void FreeUsage(int section) => _usageLife[section] += FreesUsageAtOnce ? 0 : 1;

    /// <summary>Of the policy.</summary>
    internal bool FreesUsageAtOnce { get; set; }
}
