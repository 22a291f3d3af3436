namespace StressFarm.Kernel.Policies;

/// <summary>CHECKS: the kernel's own debug checks.</summary>
public enum Checks : byte
{
    /// <summary>is_check_pages_enabled()</summary>
    On,
    /// <summary>a production kernel: nothing is checked at alloc and free</summary>
    Off,
}

/// <summary>The dimension CHECKS.</summary>
public sealed class ChecksDimension : Dimension
{
    public override string Id => "checks";
    public override string SpecName => "CHECKS";
    public override string Summary => "the kernel's own debug checks";
    public override IReadOnlyList<PolicyValue> Values { get; } =
    [
        new(0, "1", "is_check_pages_enabled()"),
        new(1, "0", "a production kernel: nothing is checked at alloc and free"),
    ];

    public override int Get(Policy policy) => (int)policy.Checks;
    public override Policy With(Policy policy, int value) => policy with { Checks = (Checks)value };
}
