namespace StressFarm.Kernel.Policies;

/// <summary>ALLOCATOR: the driver's device memory allocator (spec 1.10).</summary>
public enum Allocator : byte
{
    /// <summary>drawn from the seed, mostly buddy</summary>
    Seed,
    /// <summary>drm_pagemap, xe: re-carves ranges</summary>
    Buddy,
    /// <summary>nouveau, test_hmm: whole folios from lists by order</summary>
    Lifo,
}

/// <summary>The dimension ALLOCATOR.</summary>
public sealed class AllocatorDimension : Dimension
{
    public override string Id => "allocator";
    public override string SpecName => "ALLOCATOR";
    public override string Summary => "the driver's device memory allocator";
    public override IReadOnlyList<PolicyValue> Values { get; } =
    [
        new(0, "seed", "drawn from the seed, mostly buddy"),
        new(1, "buddy", "drm_pagemap, xe: re-carves ranges"),
        new(2, "lifo", "nouveau, test_hmm: whole folios from lists by order"),
    ];

    public override int Get(Policy policy) => (int)policy.Allocator;
    public override Policy With(Policy policy, int value) => policy with { Allocator = (Allocator)value };
}
