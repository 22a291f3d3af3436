namespace StressFarm.Engine;

/// <summary>
/// Who wrote a half: CPU, number of the operation in its programme, step number. Kept for every half of the memory, so that a
/// violation names the cause and not the symptom.
/// </summary>
public readonly record struct WriterStamp(uint Raw)
{
    public const int MaxOperations = 1 << 12;

    /// <summary>An earlier schedule on the same memory: who in it is not known any more.</summary>
    public const uint Earlier = 0xf000_0000;

    public static uint Pack(int cpu, int operation, ushort step) => ((uint)(cpu + 1) << 28) | ((uint)operation << 16) | (uint)step;

    /// <summary>False when nobody wrote it since the machine was reset.</summary>
    public bool Known => Raw != 0;
    public bool IsEarlier => Raw == Earlier;
    public int Cpu => (int)(Raw >> 28) - 1;
    public int Operation => (int)(Raw >> 16) & (MaxOperations - 1);
    /// <summary>The number of the step.</summary>
    public ushort StepNumber => (ushort)Raw;
}
