namespace StressFarm.Kernel.Policies;

/// <summary>ENC: encoding of compound_info (spec 1.6).</summary>
public enum Enc : byte
{
    /// <summary>a mask: position independent, needs aligned memmap</summary>
    Mask,
    /// <summary>pointer to the head, with bit 0 set</summary>
    Ptr,
}

/// <summary>The dimension ENC.</summary>
public sealed class EncDimension : Dimension
{
    public override string Id => "enc";
    public override string SpecName => "ENC";
    public override string Summary => "encoding of compound_info";
    public override IReadOnlyList<PolicyValue> Values { get; } =
    [
        new(0, "mask", "a mask: position independent, needs aligned memmap"),
        new(1, "ptr", "pointer to the head, with bit 0 set"),
    ];

    public override int Get(Policy policy) => (int)policy.Enc;
    public override Policy With(Policy policy, int value) => policy with { Enc = (Enc)value };
}
