namespace StressFarm.Engine;

/// <summary>MM: when other CPUs see a store (spec 2).</summary>
public enum MemoryModel : byte
{
    /// <summary>sequential consistency: at once</summary>
    Sc,
    /// <summary>x86: stores wait in a buffer, in order</summary>
    Tso,
    /// <summary>arm64 and others: stores become visible in any order between barriers, and loads may be satisfied early</summary>
    Weak,
}
