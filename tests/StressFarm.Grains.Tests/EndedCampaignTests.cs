using System.Diagnostics.Metrics;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;

namespace StressFarm.Grains.Tests;

/// <summary>A campaign that was over is opened to be read only; what is wrong with its ledger is told all the same.</summary>
public sealed class EndedCampaignTests
{
    private const string Request = "policies: [control]\nworkloads: [gup-pin]\nschedules: 256\nshard: 128\n";

    [Theory]
    [InlineData(99, "the ledger is damaged: shard 99 of cell 0 is not one of this campaign", 0)]
    [InlineData(1, "the ledger does not add up: planned 2, executed 1, lost 1, double 0", 1)]
    public async Task A_ledger_that_is_damaged_since_is_a_defect_and_counted_once_an_activation(long number, string defect, long lost)
    {
        await using OneSilo silo = await OneSilo.Start();
        string id = await Submit(silo, number);
        ICampaignGrain grain = silo.Grains.GetGrain<ICampaignGrain>(id);
        for (int activation = 1; activation <= 2; activation++)
        {
            for (int asked = 0; asked < 3; asked++)
            {
                CampaignStatus status = JsonSerializer.Deserialize((await grain.Status(default))!.Json, FarmJson.Default.CampaignStatus)!;
                // One that cannot be read has no figures: the reason stands for them.
                Assert.Equal(("done", lost > 0 ? "" : defect, lost), (status.State, status.Reason, status.Ledger.Lost));
                Assert.Equal([defect], status.Defects);
            }
            Assert.Equal((activation, 0), Counted(silo));
            await OneSilo.Deactivate(grain);
        }
        Assert.Equal(CampaignState.Done, (await silo.Store.Find(id, default))!.State);
    }

    [Fact]
    public async Task One_that_fails_for_its_damaged_ledger_is_counted_then_and_not_whenever_it_is_read()
    {
        await using OneSilo silo = await OneSilo.Start();
        ICampaignGrain grain = silo.Grains.GetGrain<ICampaignGrain>(await Submit(silo, 99, CampaignState.Running));
        for (int activation = 1; activation <= 2; activation++)
        {
            CampaignStatus status = JsonSerializer.Deserialize((await grain.Status(default))!.Json, FarmJson.Default.CampaignStatus)!;
            Assert.Equal(("failed", Assert.Single(status.Defects)), (status.State, status.Reason));
            Assert.Equal((1, 1), Counted(silo));
            await OneSilo.Deactivate(grain);
        }
    }

    /// <summary>A campaign of two shards with its report, of whose ledger there is one line.</summary>
    private static async Task<string> Submit(OneSilo silo, long number, CampaignState state = CampaignState.Done)
    {
        CampaignSpec spec = SpecBuilder.Build(SpecFile.Parse(Request, "test"), FarmDefaults.Spec).Spec;
        string id = CampaignEntry.IdOf(spec);
        await silo.Store.Submit(new(id, id, Request, spec.Canonical, spec.Hash, null, CampaignState.Running, "", DateTimeOffset.UtcNow, null, 0), 8, default);
        long term = await silo.Store.BeginTerm(id, default);
        var line = new ShardRecord(7, 128, 1000, [new("pos", 128, 1000, 0, 0)], [], 0, 0);
        await silo.Store.Record(id, term, [new("x/0", new Shard(number, 0, number, 1, 128), 1, "a", line)], default);
        var whole = new CampaignReport(spec, "1", 7, 2, 256, 2000, 0, 0, [], []);
        await silo.Store.SaveReport(id, term, ReportWriter.Canonical(whole), [], default);
        await silo.Store.SetState(id, term, state, "", default);
        return id;
    }

    /// <summary>Discrepancies, and campaigns that ended.</summary>
    private static (double Discrepancies, double Ended) Counted(OneSilo silo)
    {
        object scope = silo.Services.GetRequiredService<IMeterFactory>();
        var sums = new Dictionary<string, double>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (i, l) =>
            {
                if (i.Meter.Name == InstrumentNames.MeterName && ReferenceEquals(i.Meter.Scope, scope)) l.EnableMeasurementEvents(i);
            },
        };
        listener.SetMeasurementEventCallback<long>((i, value, _, _) => sums[i.Name] = sums.GetValueOrDefault(i.Name) + value);
        listener.Start();
        // In the first collection a counter is 0 whatever was counted.
        listener.RecordObservableInstruments();
        sums.Clear();
        listener.RecordObservableInstruments();
        return (sums[InstrumentNames.LedgerDiscrepancies.Name], sums[InstrumentNames.CampaignsEnded.Name]);
    }
}
