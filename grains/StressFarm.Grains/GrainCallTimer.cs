using System.Diagnostics;
using StressFarm.Campaigns.Metrics;

namespace StressFarm.Grains;

/// <summary>Times the calls that this silo makes to the farm's grains, from wherever in it.</summary>
public sealed class GrainCallTimer(CallInstruments instruments) : IOutgoingGrainCallFilter
{
    public async Task Invoke(IOutgoingGrainCallContext context)
    {
        if (Name(context.Grain) is not { } grain)
        {
            await context.Invoke();
            return;
        }
        long began = Stopwatch.GetTimestamp();
        bool failed = true;
        try
        {
            await context.Invoke();
            failed = false;
        }
        finally
        {
            instruments.Called(grain, Stopwatch.GetElapsedTime(began), failed);
        }
    }

    /// <summary>One of <see cref="CallInstruments.Grains"/>; null for Orleans' own.</summary>
    private static string? Name(object grain) => grain switch
    {
        ICampaignGrain => "campaign",
        ISectionGrain => "section",
        IFindingsGrain => "findings",
        IFarmGrain => "farm",
        _ => null,
    };
}
