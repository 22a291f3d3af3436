namespace StressFarm.Kernel.Policies;

/// <summary>CMP: what a compound page initialises, and what free checks of it (spec 4.1).</summary>
public enum Cmp : byte
{
    /// <summary>v7.3: every compound page carries the eight folio fields</summary>
    Main,
    /// <summary>RFC v1: only page_rmappable_folio() writes the eight; free checks by large_rmappable</summary>
    Rfc,
    /// <summary>RFC v1, and __get_free_pages(__GFP_COMP) returns a rmappable folio</summary>
    RfcGfp,
    /// <summary>RFC v1, and every page is typed "not rmappable" until page_rmappable_folio() clears it</summary>
    Type,
    /// <summary>RFC v1, but every compound page keeps _pincount and _nr_pages: only the rmap fields move</summary>
    Pin,
    /// <summary>v7.3's fields, and a frozen owner writes only the words that are its own</summary>
    Contract,
}

/// <summary>The dimension CMP.</summary>
public sealed class CmpDimension : Dimension
{
    public override string Id => "cmp";
    public override string SpecName => "CMP";
    public override string Summary => "what a compound page initialises, and what free checks of it";
    public override IReadOnlyList<PolicyValue> Values { get; } =
    [
        new(0, "main", "v7.3: every compound page carries the eight folio fields"),
        new(1, "rfc", "RFC v1: only page_rmappable_folio() writes the eight; free checks by large_rmappable"),
        new(2, "rfc+gfp", "RFC v1, and __get_free_pages(__GFP_COMP) returns a rmappable folio"),
        new(3, "type", "RFC v1, and every page is typed \"not rmappable\" until page_rmappable_folio() clears it"),
        new(4, "pin", "RFC v1, but every compound page keeps _pincount and _nr_pages: only the rmap fields move"),
        new(5, "contract", "v7.3's fields, and a frozen owner writes only the words that are its own"),
    ];

    public override int Get(Policy policy) => (int)policy.Cmp;
    public override Policy With(Policy policy, int value) => policy with { Cmp = (Cmp)value };
}
