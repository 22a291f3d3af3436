namespace StressFarm.Simulation;

/// <summary>
/// What a seed means. Raised whenever the same (cell, seed) may take other steps than before: a protocol, a workload, a
/// strategy, the generator or the layout changed. Replay tokens and reports carry it.
/// </summary>
public static class ModelVersion
{
    public const string Current = "1";
}
