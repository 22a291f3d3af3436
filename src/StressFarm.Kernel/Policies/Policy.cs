using System.Text;

namespace StressFarm.Kernel.Policies;

/// <summary>
/// A design: one value per dimension, and the historical bugs that are switched on. The defaults are <c>control</c>: v7.3
/// with its known candidates mended. Protocols ask it exactly where the designs differ.
/// </summary>
public sealed record Policy
{
    public Cmp Cmp { get; init; }
    public Dpm Dpm { get; init; } = Dpm.AllocRange;
    public Map Map { get; init; }
    public Gup Gup { get; init; }
    public Spl Spl { get; init; }
    public Enc Enc { get; init; }
    public RefBeforePrep RefBeforePrep { get; init; }
    public FirstRef FirstRef { get; init; }
    public SlabRef SlabRef { get; init; }
    public Evict Evict { get; init; }
    public Walker Walker { get; init; }
    public ZFlags ZFlags { get; init; }
    public Checks Checks { get; init; }
    public Allocator Allocator { get; init; }
    public MemoryModel MemoryModel { get; init; }
    public Hvo Hvo { get; init; }
    public PageMapcount PageMapcount { get; init; }
    public MmId MmId { get; init; }
    /// <summary>The values of dimensions that are not the product's own (<see cref="Additions"/>), each in bits of its choice. 0 is control.</summary>
    public ulong Added { get; init; }
    /// <summary>Deviations of the known bugs that are switched on.</summary>
    public Deviation Deviations { get; init; }
    /// <summary>
    /// Of a mutant: the step whose writes are lost, as if its line were missing; None otherwise. The CPU goes on as if they had
    /// happened. Locks, and what a step only reads, stay.
    /// </summary>
    public Step Dropped { get; init; }

    public static Policy Control { get; } = new();

    // Dimensions that specs and tokens have as bits (BitDimension).
    public HwPoison HwPoison => Has(Deviation.PoisonAsRead) ? HwPoison.AsRead : HwPoison.Mended;
    public HvoHead HvoHead => Has(Deviation.HvoCopiesBeforeRemap) ? HvoHead.Copied : HvoHead.Kept;
    public ScanDel ScanDel => Has(Deviation.ScanDeletesUnlocked) ? ScanDel.Unlocked : ScanDel.Locked;
    public DaxPut DaxPut => Has(Deviation.DaxFolioReadAtZero) ? DaxPut.Reads : DaxPut.Blind;
    public HugetlbMark HugetlbMark => Has(Deviation.HugetlbFlagInSecondPage) ? HugetlbMark.Flag : HugetlbMark.Type;
    public HugetlbWords HugetlbWords => Has(Deviation.HugetlbOverDeferredList) ? HugetlbWords.Page2 : HugetlbWords.Page3;
    public PmdSharers PmdSharers => Has(Deviation.PmdSharersByRefcount) ? PmdSharers.Refcount : PmdSharers.Count;

    /// <summary>unpoison_memory() believes that every poisoned page is held: HWPOISON as read, and the kernel that Z27 was found in.</summary>
    public bool UnpoisonsAll => Has(Deviation.PoisonAsRead | Deviation.UnpoisonHugeZero);

    public bool Has(Deviation deviation) => (Deviations & deviation) != 0;

    /// <summary>CMP=RFC and what is built on it: the folio fields come with page_rmappable_folio().</summary>
    public bool SeparatesFolios => Cmp is not (Cmp.Main or Cmp.Contract);

    /// <summary>CMP=PIN: _pincount and _nr_pages stay with every compound page.</summary>
    public bool KeepsPincount => Cmp == Cmp.Pin;

    /// <summary>CMP=TYPE: what is no folio has a page type.</summary>
    public bool TypesPages => Cmp == Cmp.Type;

    /// <summary>Stands between a design and the step that a mutant of it drops.</summary>
    public const string DropMark = "+drop:";

    /// <summary>
    /// What differs from control, as the command line takes it: "cmp=rfc,map=skip"; "control" when nothing does. A mutant's step
    /// stands behind it, "control+drop:C6", which the command line does not take.
    /// </summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (Dimension d in Dimension.Order)
        {
            int value = d.Get(this);
            if (value == d.Get(Control) || d is BitDimension) continue;
            text.Append(text.Length == 0 ? "" : ",").Append(d.Id).Append('=').Append(d.Values[value].Name);
        }
        if (text.Length == 0) text.Append("control");
        if (Dropped != Step.None) text.Append(DropMark).Append(Dropped);
        return text.ToString();
    }

    /// <summary>
    /// Reads a preset's name or "dimension=value,…" over control. Returns null and one line that says what was wrong.
    /// </summary>
    public static Policy? TryParse(string text, out string error)
    {
        error = "";
        if (Presets.Find(text) is { } preset) return preset.Policy;
        Policy policy = Control;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            int equals = part.IndexOf('=');
            if (equals < 0)
            {
                error = $"unknown policy '{part}': not a preset ({string.Join(", ", Presets.All.Select(p => p.Id))}) and not of the form dimension=value";
                return null;
            }
            string key = part[..equals].Trim(), name = part[(equals + 1)..].Trim();
            Dimension? dimension = Catalog<Dimension>.Find(key);
            if (dimension is null)
            {
                error = $"unknown policy dimension '{key}'; there are {string.Join(", ", Dimension.Order.Select(d => d.Id))}";
                return null;
            }
            if (!seen.Add(dimension.Id))
            {
                error = $"policy dimension '{dimension.Id}' is given twice in '{text}'";
                return null;
            }
            PolicyValue? value = dimension.Values.FirstOrDefault(v => v.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
            if (value is null)
            {
                error = $"unknown value '{name}' of {dimension.Id}; it takes {string.Join(", ", dimension.Values.Select(v => v.Name))}";
                return null;
            }
            policy = dimension.With(policy, value.Number);
        }
        return policy;
    }
}
