namespace StressFarm.Kernel.Policies;

/// <summary>The dimension MM.</summary>
public sealed class MemoryModelDimension : Dimension
{
    public override string Id => "mm";
    public override string SpecName => "MM";
    public override string Summary => "when other CPUs see a store";
    public override IReadOnlyList<PolicyValue> Values { get; } =
    [
        new(0, "sc", "sequential consistency: at once"),
        new(1, "tso", "x86: stores wait in a buffer, in order"),
        new(2, "weak", "arm64 and others: stores become visible in any order between barriers, and loads may be satisfied early"),
    ];

    public override int Get(Policy policy) => (int)policy.MemoryModel;
    public override Policy With(Policy policy, int value) => policy with { MemoryModel = (MemoryModel)value };
}
