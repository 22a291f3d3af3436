namespace StressFarm.Simulation;

/// <summary>mem_section (spec 1.9).</summary>
public static class MemorySections
{
    /// <summary>A section is tracked in four parts: 64 on x86-64.</summary>
    public const int Subsections = 4;
    public const ulong AllSubsections = (1UL << Subsections) - 1;
}
