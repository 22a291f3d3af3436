using System.Text.Json;

namespace StressFarm.Exploration.Tests;

/// <summary>The strategy feedback: arms, changed copies, and the corpus that generations are built on.</summary>
public class FeedbackTests
{
    private const int Shard = 128;

    private static string Json<T>(T value) => JsonSerializer.Serialize(value);

    /// <summary>Runs shards of a cell one after the other, each with what its generation knows.</summary>
    private static (Corpus Corpus, List<ShardRecord> Records) Fuzz(Cell cell, int shards, int generationShards = 2, Func<GenerationInput, GenerationInput>? change = null)
    {
        var executor = new ShardExecutor(cell.Geometry);
        var corpus = new Corpus(generationShards);
        var records = new List<ShardRecord>();
        for (int i = 0; i < shards; i++)
        {
            GenerationInput input = corpus.InputFor(Corpus.GenerationOf(i, generationShards))!;
            records.Add(executor.Run(cell, 1 + (ulong)(i * Shard), Shard, change is null ? input : change(input)));
            corpus.Fold(records[^1]);
        }
        return (corpus, records);
    }

    private static GenerationInput Only(GenerationInput input, string arm) => input with { Weights = [new(arm, 1)] };

    /// <summary>An input with parents, whose every schedule is a changed copy.</summary>
    private static GenerationInput Mutating(Cell cell) => Only(Fuzz(cell, 4).Corpus.InputFor(3)!, "mutation");

    [Fact]
    public void An_arm_draws_what_the_strategy_alone_would()
    {
        var executor = new ShardExecutor(TestCells.Small);
        Strategy feedback = executor.Prepare(TestCells.Mixed("feedback"));
        var runner = new ScenarioRunner(TestCells.Small);
        var arms = new HashSet<string>();
        for (ulong seed = 1; seed < 60; seed++)
        {
            ScheduleResult mixed = runner.Run(TestCells.Mixed("feedback"), feedback.ProgrammeSeed(seed), ProgrammeEdits.None, feedback, seed);
            arms.Add(feedback.Arm);
            Assert.Equal(Catalog<Strategy>.Find(feedback.Arm)!.Fair, feedback.Fair);
            Assert.Equal(mixed, runner.Run(TestCells.Mixed(feedback.Arm), seed, ProgrammeEdits.None, executor.Prepare(TestCells.Mixed(feedback.Arm)), seed));
        }
        // Nothing is known yet, so nothing is changed.
        Assert.Equal(["pct", "pos", "random"], arms.Order());
    }

    [Fact]
    public void A_shard_is_a_pure_function_of_its_input_even_when_that_was_stored_in_between()
    {
        Cell cell = TestCells.Mixed("feedback");
        GenerationInput input = Fuzz(cell, 4).Corpus.InputFor(3)!;
        GenerationInput stored = JsonSerializer.Deserialize<GenerationInput>(Json(input))!;
        var executor = new ShardExecutor(TestCells.Small);
        ShardRecord first = executor.Run(cell, 1000, 200, input);
        executor.Run(TestCells.Race("feedback"), 0, 50);
        Assert.Equal(Json(first), Json(executor.Run(cell, 1000, 200, stored)));
        Assert.Equal(Json(first), Json(new ShardExecutor(TestCells.Small).Run(cell, 1000, 200, stored)));
        Assert.Contains(first.Arms, a => a.Strategy == "mutation");
        Assert.Equal((2, 0), (first.DeterminismChecked, first.DeterminismMismatches));
        Assert.NotEqual(first.Digest, executor.Run(cell, 1000, 200).Digest);
    }

    [Fact]
    public void The_digest_covers_what_later_generations_are_built_on()
    {
        Cell cell = TestCells.Mixed("feedback");
        GenerationInput input = GenerationInput.Empty(0);
        var executor = new ShardExecutor(TestCells.Small);
        byte[] full = new byte[Timelines.MapBytes];
        Array.Fill(full, (byte)0xff);
        ShardRecord learns = executor.Run(cell, 1, 50, input), knowsAll = executor.Run(cell, 1, 50, input with { Coverage = full });
        Assert.Equal(learns.Steps, knowsAll.Steps);
        Assert.Empty(knowsAll.Feedback!.Candidates);
        Assert.NotEqual(learns.Digest, knowsAll.Digest);
    }

    [Fact]
    public void Changed_copies_run_their_parents_programme_choose_only_what_can_run_and_differ_from_it()
    {
        Cell cell = TestCells.Mixed("feedback");
        GenerationInput input = Mutating(cell);
        Strategy strategy = new ShardExecutor(TestCells.Small).Prepare(cell, input);
        var runner = new ScenarioRunner(TestCells.Small);
        var parents = input.Parents.Select(p => p.ProgrammeSeed).ToHashSet();
        var seen = new HashSet<ulong>();
        int same = 0, prefixes = 0;
        for (ulong seed = 10_000; seed < 10_300; seed++)
        {
            Assert.Contains(strategy.ProgrammeSeed(seed), parents);
            seen.Add(strategy.ProgrammeSeed(seed));
            ScheduleResult result = runner.Run(cell, strategy.ProgrammeSeed(seed), ProgrammeEdits.None, strategy, seed);
            Assert.Equal("mutation", strategy.Arm);
            Assert.False(strategy.Fair);
            byte[] choices = [.. runner.Choices];
            // Whatever was chosen could run: the guided strategy passes over what cannot, and comes to the same end.
            Assert.Equal(result, runner.Run(new Scenario(cell, strategy.ProgrammeSeed(seed), ProgrammeEdits.None, choices, false)));
            int common = input.Parents.Where(p => p.ProgrammeSeed == strategy.ProgrammeSeed(seed))
                .Max(p => ChoiceCode.Decode(p.Choices).Zip(choices).TakeWhile(pair => pair.First == pair.Second).Count());
            if (common == choices.Length) same++;
            if (common > 20) prefixes++;
        }
        Assert.True(seen.Count > 10, $"{seen.Count} parents were used");
        Assert.True(same < 45, $"{same} of 300 are no change");
        Assert.True(prefixes > 200, $"{prefixes} of 300 begin like their parent");
    }

    [Fact]
    public void An_input_knows_the_generations_up_to_the_one_before_the_last_and_nothing_of_the_last()
    {
        Cell cell = TestCells.Mixed("feedback");
        (_, List<ShardRecord> records) = Fuzz(cell, 8);
        ShardRecord other = new ShardExecutor(TestCells.Small).Run(TestCells.Race("feedback"), 77, 50);
        var corpus = new Corpus(2);
        Assert.Equal(Json(GenerationInput.Empty(1)), Json(corpus.InputFor(1)));
        Assert.Null(corpus.InputFor(2));
        corpus.Fold(records[0]);
        Assert.Null(corpus.InputFor(2));
        corpus.Fold(records[1]);
        string two = Json(corpus.InputFor(2));
        Assert.NotEqual(Json(GenerationInput.Empty(2)), two);
        Assert.Null(corpus.InputFor(3));
        corpus.Fold(other);
        corpus.Fold(other);
        Assert.Equal(two, Json(corpus.InputFor(2)));
        Assert.NotEqual(two, Json(corpus.InputFor(3)));
    }

    [Fact]
    public void Inputs_are_bounded_and_old_ones_are_forgotten_unless_a_violation_was_first_seen_there()
    {
        Cell cell = TestCells.Mixed("feedback");
        (Corpus corpus, List<ShardRecord> records) = Fuzz(cell, 6 + 2 * Corpus.KeptGenerations);
        Assert.Null(corpus.InputFor(2));
        Assert.NotNull(corpus.InputFor(corpus.Generations - Corpus.KeptGenerations));
        GenerationInput last = corpus.InputFor(corpus.Generations + 1)!;
        Assert.Equal(GenerationInput.MostParents, last.Parents.Count);
        Assert.InRange(Json(last).Length, 1000, 200_000);
        Assert.All(records, r => Assert.InRange(r.Feedback!.Candidates.Count, 0, ShardFeedback.MostCandidates));
        var again = new Corpus(2);
        for (int i = 0; i < records.Count; i++)
            again.Fold(i == 5 ? records[i] with { Findings = [new("I01", "f", "a", "b", 1, 1)] } : records[i]);
        Assert.NotNull(again.InputFor(2));
    }

    [Fact]
    public void Weights_follow_the_yield_and_no_arm_starves()
    {
        var corpus = new Corpus(1);
        static ShardRecord Record(params (string Arm, ushort[] Species)[] arms) => new(1, 30, 3000, [.. arms.Select(a => new ArmCount(a.Arm, 10, 1000, 0, 0))], [], 0, 0)
        {
            Feedback = new([.. arms.Select(a => new ArmYield(a.Arm, PlaceCode.Encode(a.Species), []))], []),
        };
        Dictionary<string, int> Weights(long generation) => corpus.InputFor(generation)!.Weights.ToDictionary(w => w.Strategy, w => w.Weight);

        corpus.Fold(Record(("pct", [1, 2, 3, 4]), ("pos", [5]), ("random", [])));
        // What nobody tried yet counts as the best.
        Assert.Equal(new() { ["mutation"] = 366, ["pct"] = 366, ["pos"] = 166, ["random"] = 100 }, Weights(2));
        // The same species again is nothing new.
        corpus.Fold(Record(("mutation", [1, 2, 3, 4, 5]), ("pct", [1, 2, 3, 4]), ("pos", [6, 7, 8, 9]), ("random", [])));
        Dictionary<string, int> next = Weights(3);
        Assert.True(next["pos"] > next["pct"] && next["pct"] > next["random"]);
        Assert.Equal(100, next["mutation"]);
        Assert.All(next.Values, w => Assert.InRange(w, 100, 700));
        Assert.Equal((9, 4L), (corpus.Species, corpus.SpeciesByArm["pos"] - 1));
    }

    [Fact]
    public void A_new_signature_weighs_more_than_a_few_species()
    {
        var corpus = new Corpus(1);
        corpus.Fold(new(1, 20, 2000, [new("mutation", 10, 1000, 0, 0), new("pct", 10, 1000, 1, 0), new("pos", 10, 1000, 0, 0), new("random", 10, 1000, 0, 0)],
            [new("I01", "f", "a", "b", 5, 1)], 0, 0)
        {
            Feedback = new([new("pct", [], ["I01|f|a|b"]), new("pos", PlaceCode.Encode([1, 2, 3]), [])], []),
        });
        Dictionary<string, int> weights = corpus.InputFor(2)!.Weights.ToDictionary(w => w.Strategy, w => w.Weight);
        Assert.True(weights["pct"] > 2 * weights["pos"], $"{weights["pct"]} {weights["pos"]}");
    }

    [Theory]
    [InlineData("folio-split")]
    [InlineData("gup-pin")]
    public void It_shows_more_species_than_a_random_walk_in_as_many_steps_and_none_without_its_recorder(string workload)
    {
        var cell = new Cell(Policy.Control, Catalog<Workload>.Find(workload)!, "feedback", TestCells.Small, new Dictionary<string, int>());
        (Corpus walk, List<ShardRecord> walked) = Fuzz(cell, 48, change: input => Only(input, "random"));
        (Corpus _, List<ShardRecord> fuzzed) = Fuzz(cell, 48);
        long steps = walked.Sum(r => r.Steps);
        var bounded = new Corpus(2);
        for (int i = 0; i < fuzzed.Count && (steps -= fuzzed[i].Steps) >= 0; i++) bounded.Fold(fuzzed[i]);
        Assert.True(bounded.Species > walk.Species * 1.1, $"{bounded.Species} against {walk.Species}");
        Assert.True(bounded.SpeciesByArm["mutation"] > 50, $"{bounded.SpeciesByArm["mutation"]}");
        Assert.NotEmpty(bounded.Parents);
        // The control: the same records from a recorder that sees nothing teach nothing.
        var blind = new Corpus(2);
        foreach (ShardRecord record in fuzzed) blind.Fold(record with { Feedback = new([], []) });
        Assert.Equal((0, 0), (blind.Species, blind.Parents.Count));
        Assert.Equal([250, 250, 250, 250], blind.InputFor(blind.Generations + 1)!.Weights.Select(w => w.Weight));
    }

    [Fact]
    public void A_finding_of_a_changed_copy_recurs_with_its_input_and_replays_from_its_token_alone()
    {
        Cell cell = TestCells.Race("feedback", null, ("noise", 3));
        GenerationInput input = Mutating(cell);
        ShardRecord record = new ShardExecutor(TestCells.Small).Run(cell, 5_000, 2_000, input);
        RawFinding raw = Assert.Single(record.Findings);
        Assert.Equal("mutation", Assert.Single(record.Arms).Strategy);
        Assert.Equal([raw.Key], Assert.Single(record.Feedback!.Arms).Signatures);
        Finding finding = new FindingWorkup(TestCells.Small).Work(cell, raw, input);
        Finding again = new FindingWorkup(TestCells.Small).Work(cell, raw, JsonSerializer.Deserialize<GenerationInput>(Json(input)));
        Assert.Equal(Json(finding), Json(again));
        Assert.Equal((10, raw.LowestSeed, "feedback"), (finding.Reliability, finding.Seed, finding.Strategy));
        Assert.InRange(finding.Length, 2, 12);
        ReplayOutcome replay = Replay.TryRun(finding.Token, out string error, TestCells.Workloads) ?? throw new InvalidOperationException(error);
        Assert.True(replay.Recurred && replay.DigestMatches);
        Assert.Contains(replay.Seed, input.Parents.Select(p => p.ProgrammeSeed));
        // Without what its generation knew the seed is another schedule.
        Assert.NotEqual(finding.Token, new FindingWorkup(TestCells.Small).Work(cell, raw).Token);
    }

    [Fact]
    public void Schedules_finished_can_be_read_and_grow()
    {
        var executor = new ShardExecutor(TestCells.Small);
        Assert.Equal(0, executor.Done);
        executor.Run(TestCells.Mixed("random"), 1, 40);
        Assert.Equal(40, executor.Done);
        executor.Run(TestCells.Mixed("feedback"), 1, 7);
        Assert.Equal(7, executor.Done);
    }
}
