using StressFarm.Campaigns.Specs;

namespace StressFarm.Campaigns.Farm;

/// <summary>What a submission to the farm means where it says nothing: as <c>stressfarm run</c>.</summary>
public static class FarmDefaults
{
    public const long Schedules = 100_000;
    public static SpecDefaults Spec { get; } = new(AllPolicies: false, Schedules);
}
