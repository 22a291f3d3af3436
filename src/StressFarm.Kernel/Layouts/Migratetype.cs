namespace StressFarm.Kernel.Layouts;

/// <summary>What a pageblock is for (<c>include/linux/mmzone.h:enum migratetype</c>), as far as anybody asks.</summary>
public static class Migratetype
{
    public const ulong Movable = 0;
    public const ulong Cma = 1;
    public const ulong Isolate = 2;
}

/// <summary>Flags of <c>mem_section->section_mem_map</c> (spec 1.9).</summary>
public static class SectionFlag
{
    public const ulong Present = 1;
    public const ulong HasMemMap = 2;
    public const ulong Online = 4;
    public const ulong TaintZoneDevice = 16;
    /// <summary><c>usage->subsection_map</c> of a section that is all there.</summary>
    public const ulong AllSubsections = (1UL << Geometry.Subsections) - 1;
}
