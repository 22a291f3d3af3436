namespace StressFarm.Simulation;

/// <summary>Device-private memory (spec 3.5, 3.6).</summary>
public static class DeviceMemory
{
    /// <summary><c>mm/memremap.c:free_zone_device_folio</c>.</summary>
    public static async Op FreeFolio(Cpu cpu, Folio folio) => await cpu.Load(folio.Flags, Step.D1);
}
