namespace StressFarm.Campaigns.Specs;

/// <summary>What a soak asks for.</summary>
/// <param name="Sections">of each policy and workload</param>
/// <param name="Epochs">of each section; null when time decides</param>
/// <param name="Schedules">of an epoch</param>
public sealed record SoakBudget(int Sections, long? Epochs, int Schedules)
{
    public const int DefaultSections = 4;
    /// <summary>Epochs when neither they nor a time are given.</summary>
    public const long DefaultEpochs = 64;
    /// <summary>Enough that a checkpoint costs little beside its epoch, few enough that a crash loses little.</summary>
    public const int DefaultSchedules = 256;
    /// <summary>The workload when none is named.</summary>
    public const string DefaultWorkload = "everything";
    public const int MaxSections = 100_000;
    /// <summary>Sections of all policies and workloads together.</summary>
    public const int MaxCells = 1_000_000;
    public const long MaxEpochs = 1_000_000_000;
    public const int MaxSchedules = 16_384;
    /// <summary>What leaves each section of the campaign seeds of its own.</summary>
    public const ulong MaxSeed = 1UL << 63;
}
