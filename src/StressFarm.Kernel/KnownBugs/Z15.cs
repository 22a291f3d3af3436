namespace StressFarm.Kernel.KnownBugs;

/// <summary>Z15.</summary>
public sealed class Z15 : KnownBug
{
    public override string Id => "Z15";
    public override string Title => "mm/thp: fix deferred split unqueue naming and locking";
    public override string Source => "f8f931bba0f92052cf842b7e30917b1afcc77d5a, CVE-2024-53079; with e66f3185fa04";
    public override string Mechanism => "a folio is queued while its charge moves to another memory control group: from then on it is taken off the one's list under the other's lock";
    public override IReadOnlyList<string> Invariants => ["I38", "I37"];
    public override string Workload => "deferred-split";
    public override Policy Plant(Policy policy) => policy with { Deviations = policy.Deviations | Deviation.MemcgMoveLeavesQueue };
}
