using StressFarm.Exploration.Exhaustive;

namespace StressFarm.Campaigns.Tests;

/// <summary>The shortest schedules of the programmes that lie in files, under the designs that they dispute.</summary>
public class ShortestOfFileTests
{
    private static readonly Geometry s_geometry = new(256, 4);

    [Theory]
    [InlineData("gup-split", "Z06", "I15")]
    [InlineData("gup-split", "spl=nofreeze", "I10")]
    [InlineData("stray-reference-split", "spl=nofreeze", "I10")]
    [InlineData("device-evict-insert", "mainline", "I47")]
    [InlineData("driver-insert-unmap", "rfc-v1", "I06")]
    [InlineData("rfc-eight-fields-gup", "rfc-skip-rmap", "I27")]
    [InlineData("offline-walk", "Z34", "I53")]
    public void No_schedule_is_shorter_and_none_is_as_short_but_it(string file, string design, string invariant)
    {
        Policy policy = Catalog<KnownBug>.Find(design)?.Plant(Policy.Control) ?? Policy.TryParse(design, out _)!;
        var programme = new Programme();
        programme.Compose(ProgrammeFile.Read(Path.Combine(RepositoryRoot.Folder, "programmes", $"{file}.yaml")), s_geometry, 1, new Dictionary<string, int>());
        var start = new SearchStart(new Machine(s_geometry), programme, policy);
        ShortestResult shortest = new ShortestSchedule(start).Run();
        Assert.Equal(SearchEnd.Violated, shortest.End);
        Assert.Null(new ShorterSchedules(start, shortest.Switches, shortest.Steps).Violation());
        Assert.Equal(invariant, new ShorterSchedules(start, shortest.Switches, shortest.Steps + 1).Violation()?.Invariant.Id);
    }
}
