namespace StressFarm.Kernel.Policies;

/// <summary>DAX_PUT: what the last put of a DAX folio reads at refcount 0 (C11, docs/findings.md).</summary>
public enum DaxPut : byte
{
    /// <summary>nothing of the folio</summary>
    Blind,
    /// <summary>pgmap and the size, as v7.3 reads</summary>
    Reads,
}

/// <summary>The dimension DAX_PUT.</summary>
public sealed class DaxPutDimension : BitDimension
{
    public override string Id => "dax-put";
    public override string SpecName => "DAX_PUT";
    public override string Summary => "what the last put of a DAX folio reads at refcount 0";
    public override Deviation Bit => Deviation.DaxFolioReadAtZero;
    public override IReadOnlyList<PolicyValue> Values { get; } =
    [
        new(0, "blind", "nothing of the folio"),
        new(1, "reads", "pgmap and the size, as v7.3 reads"),
    ];
}
