using System.Globalization;

namespace StressFarm.Grains.Tests;

/// <summary>Which checkpoints of a section stay, over many activations.</summary>
public sealed class SectionTests
{
    private const int Cell = 3;

    [Fact]
    public async Task Of_a_section_that_goes_on_for_long_stay_the_rungs_the_pins_and_the_last_ones()
    {
        await using OneSilo silo = await OneSilo.Start();
        ISectionGrain section = silo.Grains.GetGrain<ISectionGrain>(ISectionGrain.KeyOf("C-1", Cell));
        for (int epoch = 0; epoch < 300; epoch++) await Commit(section, epoch, epoch switch { 40 or 41 => ["one"], 200 => ["one", "two"], _ => [] });
        Assert.Equal(Kept(171, 299, 39), await Numbers(silo));

        // The next activation has no epoch that is recent, and pins nothing by coming up.
        await OneSilo.Deactivate(section);
        await Commit(section, 300);
        Assert.Equal(Kept(292, 300, 39, 199), await Numbers(silo));
        // It does not know what was shown: "one" pins once more.
        for (int epoch = 301; epoch < 600; epoch++) await Commit(section, epoch, epoch switch { 310 or 311 => ["one"], 450 => ["three"], _ => [] });
        Assert.Equal(Kept(471, 599, 39, 199, 309, 449), await Numbers(silo));

        silo.Clock.Leap(TimeSpan.FromMinutes(2));
        await Commit(section, 600);
        Assert.Equal(Kept(592, 600, 39, 199, 309, 449), await Numbers(silo));
        // What finding "one" is worked up from, and shown again.
        Assert.Equal(State(39), (await section.After(39, default))!.State);
        Assert.Null(await section.After(40, default));
    }

    /// <summary>Ten minutes without a call end an activation: a section of a large soak has one for every epoch.</summary>
    [Fact]
    public async Task A_section_with_an_activation_for_every_epoch_keeps_no_more()
    {
        await using OneSilo silo = await OneSilo.Start();
        ISectionGrain section = silo.Grains.GetGrain<ISectionGrain>(ISectionGrain.KeyOf("C-1", Cell));
        for (int epoch = 0; epoch < 40; epoch++)
        {
            await Commit(section, epoch, epoch == 12 ? ["one"] : []);
            await OneSilo.Deactivate(section);
        }
        Assert.Equal(Kept(31, 39, 11), await Numbers(silo));
    }

    [Fact]
    public async Task A_commit_that_does_not_follow_ends_the_activation_and_pins_nothing()
    {
        await using OneSilo silo = await OneSilo.Start();
        ISectionGrain section = silo.Grains.GetGrain<ISectionGrain>(ISectionGrain.KeyOf("C-1", Cell));
        for (int epoch = 0; epoch < 30; epoch++) await Commit(section, epoch);
        await Assert.ThrowsAsync<InvalidOperationException>(() => Commit(section, 31, ["one"]));
        // The same again, whose answer was lost: no news, whatever it shows.
        Assert.Equal(Recorded.Same, await Commit(section, 29, ["one"]));
        for (int epoch = 30; epoch < 40; epoch++) await Commit(section, epoch);
        silo.Clock.Leap(TimeSpan.FromMinutes(2));
        await Commit(section, 40);
        Assert.Equal(Kept(32, 40), await Numbers(silo));
    }

    private static byte[] State(long epoch) => [(byte)epoch, (byte)(epoch >> 8)];
    private static string Chain(long epoch) => epoch < 0 ? SoakChain.Root : string.Create(CultureInfo.InvariantCulture, $"c{epoch}");

    private static async Task<Recorded> Commit(ISectionGrain section, long epoch, params IReadOnlyList<string> shown) =>
        (Recorded)await section.Commit(new(epoch, Chain(epoch - 1), new(State(epoch), "h", Chain(epoch)), shown), default);

    private static async Task<IReadOnlyList<long>> Numbers(OneSilo silo) => await silo.Store.CheckpointNumbers("C-1", Cell, default);

    /// <summary>The rungs, the pins and the last ones.</summary>
    private static IEnumerable<long> Kept(long from, long last, params long[] pins) =>
        Enumerable.Range(0, (int)last + 1).Select(n => (long)n).Where(n => n >= from || pins.Contains(n) || (n & (n + 1)) == 0);
}
