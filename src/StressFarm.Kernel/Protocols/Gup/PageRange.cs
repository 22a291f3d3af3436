namespace StressFarm.Kernel.Protocols;

/// <summary>Consecutive pages.</summary>
public readonly record struct PageRange(int Pfn, int Count);
