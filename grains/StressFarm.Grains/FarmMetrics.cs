using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using StressFarm.Campaigns.Metrics;

namespace StressFarm.Grains;

/// <summary>The instruments of a silo.</summary>
public static class FarmMetrics
{
    public static ISiloBuilder AddFarmMetrics(this ISiloBuilder silo)
    {
        silo.Services.AddSingleton(s => new FarmMeter(s.GetRequiredService<IMeterFactory>().Create(InstrumentNames.MeterName)));
        silo.Services.AddSingleton(s => new RunInstruments(s.GetRequiredService<FarmMeter>(), s.GetRequiredService<TimeProvider>(), audited: true));
        silo.Services.AddSingleton<CallInstruments>();
        silo.Services.AddSingleton<StoreInstruments>();
        silo.Services.AddSingleton(s =>
        {
            var instruments = new SiloInstruments(s.GetRequiredService<FarmMeter>());
            IClusterMembershipService cluster = s.GetRequiredService<IClusterMembershipService>();
            instruments.Sees(() => cluster.CurrentSnapshot.Members.Values.Count(m => m.Status == SiloStatus.Active));
            return instruments;
        });
        silo.AddOutgoingGrainCallFilter<GrainCallTimer>();
        return silo;
    }
}
