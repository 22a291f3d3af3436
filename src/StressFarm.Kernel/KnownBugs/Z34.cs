namespace StressFarm.Kernel.KnownBugs;

/// <summary>Z34.</summary>
public sealed class Z34 : KnownBug
{
    public override string Id => "Z34";
    public override string Title => "mm/sparsemem: fix race in accessing memory_section->usage";
    public override string Source => "5ec8e8ea8b7783fab150cf86404fc38cb4db8800, CVE-2023-52489";
    public override string Mechanism => "a section's usage is freed while a reader that saw the section valid is about to read it";
    public override IReadOnlyList<string> Invariants => ["I53"];
    public override string Workload => "hotplug";
    public override Policy Plant(Policy policy) => policy with { Deviations = policy.Deviations | Deviation.UsageFreedAtOnce };
}
