namespace StressFarm.Simulation;

/// <summary>The driver's allocator of device memory (spec 1.10).</summary>
public sealed class DriverAllocator(Machine machine)
{
    internal void Reset() { _ = machine; }
}
