namespace StressFarm.Kernel.Policies;

/// <summary>One value of a dimension: number, spelling on the command line, meaning.</summary>
public sealed record PolicyValue(int Number, string Name, string Meaning);

/// <summary>
/// A point where designs differ (spec 4). Add one by adding a file: an enum, a property of <see cref="Policy"/>, a subclass
/// of this, and its place in <see cref="Order"/>.
/// </summary>
public abstract class Dimension
{
    /// <summary>The spec's order of the dimensions, which decides the one a finding's signature names.</summary>
    private static readonly string[] s_order =
        ["cmp", "dpm", "map", "gup", "spl", "enc", "ref-before-prep", "first-ref", "slab-ref", "evict", "walker", "zflags", "checks", "allocator", "mm",
            "hvo", "page-mapcount", "mm-id",
            "hwpoison", "hvo-head", "scan-del", "dax-put", "htlb-mark", "htlb-words", "pmd-sharers"];

    public abstract string Id { get; }
    public abstract string SpecName { get; }
    public abstract string Summary { get; }
    public abstract IReadOnlyList<PolicyValue> Values { get; }
    public abstract int Get(Policy policy);
    public abstract Policy With(Policy policy, int value);

    /// <summary>All dimensions, in the spec's order; those that it does not have come last, by id.</summary>
    public static IReadOnlyList<Dimension> Order { get; } =
        [.. Catalog<Dimension>.All.OrderBy(d => Array.IndexOf(s_order, d.Id) is var at and >= 0 ? at : s_order.Length)];
}
