namespace StressFarm.Benchmarks.Tests;

/// <summary>Coyote's part of the comparison: it controls the program, and what runs is the protocol.</summary>
public class CoyotePeerTests
{
    [Fact]
    public void Every_access_and_every_choice_is_a_step_and_the_protocol_happens()
    {
        List<FolioRace> races = [];
        Sample sample = CoyotePeer.Run(2, seed: 1, races);
        Assert.Equal(2, races.Count);
        foreach (FolioRace race in races)
        {
            Assert.True(race.Accesses >= 20_000, $"{race.Accesses} accesses");
            Assert.True(race.Pins > race.Accesses / 200, $"{race.Pins} pins");
            Assert.True(race.Splits > race.Accesses / 2000, $"{race.Splits} splits");
            Assert.True(race.Again > 0);
        }
        // What is left are the starts and ends of the actors.
        long decisions = races.Sum(r => r.Accesses + r.Choices);
        Assert.InRange(sample.Steps, decisions, decisions + 50);
    }

    [Fact]
    public void A_seed_is_the_same_again()
    {
        List<FolioRace> first = [], second = [], other = [];
        CoyotePeer.Run(1, seed: 7, first);
        CoyotePeer.Run(1, seed: 7, second);
        CoyotePeer.Run(1, seed: 8, other);
        Assert.Equal((first[0].Accesses, first[0].Pins, first[0].Splits), (second[0].Accesses, second[0].Pins, second[0].Splits));
        Assert.NotEqual((first[0].Accesses, first[0].Pins, first[0].Splits), (other[0].Accesses, other[0].Pins, other[0].Splits));
    }
}
