namespace StressFarm.Kernel.Policies;

/// <summary>A named design.</summary>
/// <param name="Standard">takes part in compare unless others are named</param>
public sealed record Preset(string Id, Policy Policy, string Summary, bool Standard = true);

/// <summary>The designs that have a name. Their order is that of the verdict table.</summary>
public static class Presets
{
    private static readonly Policy s_rfc = new() { Cmp = Cmp.Rfc };
    private static readonly Policy s_skip = s_rfc with { Map = Map.Skip };

    public static IReadOnlyList<Preset> All { get; } =
    [
        new("control", Policy.Control, "v7.3 with its known candidates mended: the design that must be silent"),
        new("mainline", new() { Evict = Evict.K73, FirstRef = FirstRef.Plain }, "v7.3 as the model's specification reads it"),
        new("rfc-v1", s_rfc, "RFC v1: compound pages no longer carry folio fields"),
        new("rfc-gfp", new() { Cmp = Cmp.RfcGfp }, "RFC v1 with __get_free_pages(__GFP_COMP) made rmappable"),
        new("rfc-skip-rmap", s_skip, "RFC v1, and page tables skip rmap for what is no folio"),
        new("rfc-forbid-insert", s_rfc with { Map = Map.VipForbid }, "RFC v1, and vm_insert_page(s) refuses compound pages"),
        new("rfc-order0", s_rfc with { Map = Map.Order0 }, "RFC v1, and drivers map order-0 pages only"),
        new("rfc-gup-fail", s_skip with { Gup = Gup.Fail }, "RFC v1 without rmap for non-folios, and GUP fails on them"),
        new("rfc-gup-refonly", s_skip with { Gup = Gup.RefOnly }, "RFC v1 without rmap for non-folios, and GUP takes references only"),
        new("no-reinit", new() { Dpm = Dpm.None }, "device-private folios are never reset"),
        new("undo-at-free", new() { Dpm = Dpm.FreeCore }, "device-private folios are undone at free, in core"),
        new("undo-in-driver", new() { Dpm = Dpm.FreeDrv }, "device-private folios are undone at free, by the driver"),
        new("reinit-predecessor", new() { Dpm = Dpm.AllocPred }, "allocation undoes the whole predecessor folio"),
        new("reinit-predecessor-locked", new() { Dpm = Dpm.AllocPredLock }, "the same under one lock per pgmap"),
        new("pfn-getter", new() { Walker = Walker.Pf }, "drivers' PFN walks go through page_folio() first"),
        new("slab-counted", new() { SlabRef = SlabRef.Counted }, "slab pages hold a reference while in use"),
        new("head-pointer", new() { Enc = Enc.Ptr }, "compound_info holds a pointer"),
        new("rfc-type", s_skip with { Cmp = Cmp.Type }, "RFC v1 without rmap for non-folios, which a page type tells apart", Standard: false),
        new("rfc-pin", s_skip with { Cmp = Cmp.Pin }, "RFC v1 without rmap for non-folios, which keep _pincount and _nr_pages", Standard: false),
        new("rfc-pfnmap", s_rfc with { Map = Map.PfnMap }, "RFC v1, and drivers map pfns instead of pages", Standard: false),
        new("frozen-contract", new() { Cmp = Cmp.Contract }, "frozen owners write only the words that a contract gives them", Standard: false),
        new("share-life", new() { Dpm = Dpm.Dax }, "device folios are undone when share comes to 0, as FS-DAX does", Standard: false),
        new("tso", new() { MemoryModel = MemoryModel.Tso }, "control on a machine with store buffers", Standard: false),
        new("weak", new() { MemoryModel = MemoryModel.Weak }, "control on a machine that reorders stores and loads", Standard: false),
    ];

    /// <summary>Those that compare judges when none are named.</summary>
    public static IReadOnlyList<Preset> Standard { get; } = [.. All.Where(p => p.Standard)];

    public static Preset? Find(string id) => All.FirstOrDefault(p => p.Id.Equals(id, StringComparison.OrdinalIgnoreCase));

    /// <summary>A preset's name, or "custom": the closed set that tables and metrics use.</summary>
    public static string NameOf(Policy policy) => All.FirstOrDefault(p => p.Policy == policy)?.Id ?? "custom";
}
