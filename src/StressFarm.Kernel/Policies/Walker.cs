namespace StressFarm.Kernel.Policies;

/// <summary>WALKER: getter of drivers' walks over their device memory (spec 3.13); system walkers have the kernel's.</summary>
public enum Walker : byte
{
    /// <summary>unless-zero on the page itself</summary>
    Nt,
    /// <summary>page_folio, unless-zero on the folio, recheck</summary>
    Pf,
}

/// <summary>The dimension WALKER.</summary>
public sealed class WalkerDimension : Dimension
{
    public override string Id => "walker";
    public override string SpecName => "WALKER";
    public override string Summary => "getter of drivers' walks over their device memory; system walkers have the kernel's";
    public override IReadOnlyList<PolicyValue> Values { get; } =
    [
        new(0, "nt", "unless-zero on the page itself"),
        new(1, "pf", "page_folio, unless-zero on the folio, recheck"),
    ];

    public override int Get(Policy policy) => (int)policy.Walker;
    public override Policy With(Policy policy, int value) => policy with { Walker = (Walker)value };
}
