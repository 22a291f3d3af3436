using System.Text.Json;

namespace StressFarm.Exploration.Tests;

/// <summary>What counts as a species, and how sets and choices are written down.</summary>
public class TimelineTests
{
    /// <summary>Follows given choices, then the lowest; has every step noted.</summary>
    private sealed class Noted(Strategy inner, Timelines timelines) : Strategy
    {
        public override string Id => inner.Id;
        public override string Summary => inner.Summary;
        public override bool Fair => inner.Fair;

        public override void Begin(ulong seed, StepMachine machine)
        {
            inner.Begin(seed, machine);
            timelines.Begin();
        }

        public override int Next(StepMachine machine)
        {
            int next = inner.Next(machine);
            timelines.Note(machine, next);
            return next;
        }
    }

    /// <summary>Writes a page table lock's word.</summary>
    private sealed class Touch : Operation
    {
        private static readonly Parameter s_table = new(Domain.Table), s_mm = new(Domain.Mm);

        public override string Id => "touch";
        public override string Summary => "writes a word twice";
        public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_table, s_mm);

        public override async Op Run(Cpu cpu, OpCall call)
        {
            await cpu.Store(cpu.Machine.Cells.Ptl(call[s_mm], call[s_table]), 1, Step.W1);
            await cpu.Store(cpu.Machine.Cells.Ptl(call[s_mm], call[s_table]), 0, Step.W1);
        }
    }

    private readonly ScheduleRunner _runner = new(new Machine(TestCells.Small));
    private readonly Timelines _timelines;

    public TimelineTests() => _timelines = new Timelines(_runner.Machine);

    private ushort[] Fresh(Programme programme, params byte[] choices)
    {
        _runner.Run(programme, Policy.Control with { Checks = Checks.Off }, new Noted(new Guided(choices, fair: false), _timelines), 1, whole: false);
        return _timelines.Fresh.ToArray();
    }

    private static Programme Two(OpCall first, OpCall second)
    {
        var programme = new Programme { Arena = new Arena(2, 4, -1, 2) };
        programme.Cpu(0).Add(first);
        programme.Cpu(1).Add(second);
        return programme;
    }

    [Fact]
    public void A_species_is_an_ordered_pair_of_racing_accesses_and_is_new_once()
    {
        Programme programme = Two(new(Publish.Instance), new(Consume.Instance));
        ushort[] after = Fresh(programme, 0, 0, 1), within = Fresh(programme, 0, 1, 0), before = Fresh(programme, 1, 0, 0);
        Assert.Single(after);
        Assert.Equal(2, within.Length);
        Assert.Single(before);
        Assert.Equal(4, new[] { after, within, before }.SelectMany(f => f).Distinct().Count());
        Assert.Empty(Fresh(programme, 0, 1, 0));
        _timelines.Restart([]);
        Assert.Equal(within, Fresh(programme, 0, 1, 0));
    }

    [Fact]
    public void Two_reads_and_two_accesses_of_one_CPU_are_no_species()
    {
        Assert.Empty(Fresh(Two(new(Consume.Instance, 5), new(Consume.Instance, 5)), 0, 1, 0, 1, 0, 1, 0, 1));
        Programme alone = Two(new(Publish.Instance), new(Consume.Instance));
        alone.Cpu(1).Clear();
        Assert.Empty(Fresh(alone));
    }

    [Fact]
    public void Which_of_several_like_words_it_was_makes_no_difference_and_another_kind_of_word_does()
    {
        var touch = new Touch();
        Assert.NotEmpty(Fresh(Two(new(touch, 3, 1), new(touch, 3, 1)), 0, 0, 1, 1));
        Assert.Empty(Fresh(Two(new(touch, 17, 0), new(touch, 17, 0)), 0, 0, 1, 1));
        Assert.Empty(Fresh(Two(new(touch, 3, 1), new(touch, 4, 1)), 0, 1, 0, 1));
        Assert.NotEmpty(Fresh(Two(new(touch, 3, 1), new(Noise.Instance)), 0, 0, 1, 1).Concat(Fresh(Two(new(touch, Geometry.MaxTables - 2, Geometry.MaxMms - 1), new(Noise.Instance)), 0, 0, 1, 1)));
    }

    [Fact]
    public void Nothing_is_carried_over_from_the_schedule_before()
    {
        Programme programme = Two(new(Publish.Instance), new(Consume.Instance));
        programme.Cpu(1).Clear();
        Fresh(programme);
        programme.Cpu(1).Add(new(Consume.Instance));
        programme.Cpu(0).Clear();
        Assert.Empty(Fresh(programme));
    }

    [Fact]
    public void Noting_allocates_nothing()
    {
        var strategy = new Noted(new RandomWalk(), _timelines);
        var programme = new Programme();
        programme.Compose(Catalog<Workload>.Find("mixed")!, TestCells.Small, 5, new Dictionary<string, int>());
        for (int i = 0; i < 3; i++) _runner.Run(programme, Policy.Control, strategy, 5);
        Assert.Equal(0, Allocated.By(() =>
        {
            _timelines.Restart([]);
            _runner.Run(programme, Policy.Control, strategy, 5);
        }));
        Assert.NotEqual(0, _timelines.Fresh.Length);
    }

    [Fact]
    public void Sets_of_places_come_back_sorted_and_garbage_is_refused()
    {
        var random = new Pcg(3, 9);
        for (int i = 0; i < 300; i++)
        {
            var set = new SortedSet<ushort>();
            for (int n = random.Below(400); n > 0; n--) set.Add((ushort)random.Below(1 << (1 + random.Below(16))));
            Assert.Equal(set, PlaceCode.Decode(PlaceCode.Encode(set.Reverse())));
        }
        Assert.Equal([0, 65535], PlaceCode.Decode(PlaceCode.Encode([65535, 0])));
        foreach (byte[] bad in (byte[][])[[0], [0x80], [0xff, 0xff, 0x7f], [1, 0], [0xff, 0xff, 0xff, 0xff, 1]])
            Assert.Throws<FormatException>(() => PlaceCode.Decode(bad).Count());
    }

    [Fact]
    public void Choices_come_back_up_to_the_most_that_are_kept()
    {
        var random = new Pcg(4, 9);
        for (int i = 0; i < 60; i++)
        {
            byte[] choices = new byte[random.Below(6000)];
            int stay = 1 + random.Below(60);
            for (int k = 0; k < choices.Length; k++) choices[k] = (byte)(k > 0 && !random.OneIn(stay) ? choices[k - 1] : random.Below(8));
            Assert.Equal(choices.Take(ChoiceCode.MostChoices), ChoiceCode.Decode(ChoiceCode.Encode(choices)));
            byte[] garbage = [.. Enumerable.Range(0, random.Below(9000)).Select(_ => (byte)random.Below(256))];
            Assert.InRange(ChoiceCode.Decode(garbage).Length, 0, ChoiceCode.MostChoices);
        }
    }

    [Fact]
    public void The_feedback_part_is_in_the_JSON_of_feedback_records_only()
    {
        var executor = new ShardExecutor(TestCells.Small);
        Assert.DoesNotContain("Feedback", JsonSerializer.Serialize(executor.Run(TestCells.Mixed("portfolio"), 1, 20)));
        string json = JsonSerializer.Serialize(executor.Run(TestCells.Mixed("feedback"), 1, 20));
        Assert.Contains("\"Feedback\":{\"Arms\":[", json);
        Assert.Equal(json, JsonSerializer.Serialize(JsonSerializer.Deserialize<ShardRecord>(json)));
    }
}
