using StressFarm.Campaigns.Farm;
using StressFarm.Campaigns.Specs;

namespace StressFarm.Cli.Options;

/// <summary>What the commands do when nothing is said.</summary>
public static class Defaults
{
    /// <summary>Schedules per cell of <c>compare</c>: all presets on all workloads in about 50 s on two cores.</summary>
    public const long CompareSchedules = 13_312;
    /// <summary>Schedules per cell of <c>run</c>.</summary>
    public const long RunSchedules = FarmDefaults.Schedules;
    public const string OutputFolder = "./stressfarm-out";

    public static SpecDefaults Compare { get; } = new(AllPolicies: true, CompareSchedules);
    /// <summary>A campaign file means the same to <c>run</c> and to a farm.</summary>
    public static SpecDefaults Run => FarmDefaults.Spec;
}
