namespace StressFarm.Campaigns.Tests;

/// <summary>What is asked of a campaign in every interleaving: its words, its canonical text, its plan, and what contradicts it.</summary>
public class ExhaustSpecTests
{
    private static readonly SpecDefaults s_defaults = new(AllPolicies: false, Schedules: 10);

    private static CampaignSpec Build(string yaml) => SpecBuilder.Build(SpecFile.Parse(yaml, "c.yaml"), s_defaults).Spec;

    private static string Programme => "programme: |\n" + string.Concat(File.ReadLines(Path.Combine(RepositoryRoot.Folder, "programmes/gup-split.yaml")).Select(l => $"  {l}\n"));

    [Fact]
    public void A_spec_is_read_back_from_its_text()
    {
        CampaignSpec[] specs =
        [
            Build("workloads: [gup-pin, folio-split]\nexhaust: {}\n"),
            Build("policies: [control, tso]\nworkloads: gup-pin\nexhaust: {states: 1_000, count: 7}\ncanaries: drill\nshard: 3\n"),
            Build("bug: Z06\nexhaust: {count: 5}\n"),
            Build(Programme + "exhaust: {}\n"),
            Build(Programme + "exhaust: {parts: 8, depth: 3}\n"),
        ];
        foreach (CampaignSpec spec in specs)
        {
            CampaignSpec read = CanonicalSpec.Read(spec.Canonical);
            Assert.Equal((spec.Hash, spec.Exhaust, "exhaust"), (read.Hash, read.Exhaust, read.Strategy));
        }
        Assert.Equal(specs.Length, specs.Select(s => s.Hash).Distinct().Count());
        Assert.Equal(["folio-split"], specs[2].Workloads.Select(w => w.Id));
    }

    [Fact]
    public void A_scope_is_part_of_the_spec()
    {
        string text = Build("workloads: gup-pin\nexhaust: {}\n").Canonical;
        SmallScope scope = Catalog<Workload>.Find("gup-pin")!.Scope;
        Assert.Contains($"\nexhaust: states={Exploration.Exhaustive.ScopeSearch.DefaultStateLimit}\nscope: gup-pin {scope.Count} {scope.Digest}\n", text);
        Assert.Throws<SpecException>(() => CanonicalSpec.Read(text.Replace(scope.Digest, "0123456789abcdef", StringComparison.Ordinal)));
        Assert.DoesNotContain("scope:", Build("workloads: gup-pin\n").Canonical);
    }

    [Fact]
    public void Options_win_over_the_file_and_each_of_them_asks_for_it()
    {
        CampaignRequest file = SpecFile.Parse("workloads: gup-pin\nexhaust: {states: 5, count: 9}\n", "c.yaml");
        var options = new CampaignRequest { ExhaustStates = new("7", "--states") };
        Assert.Equal(new ExhaustBudget(7, 9, 1, 0), SpecBuilder.Build(options.Over(file), s_defaults).Spec.Exhaust);
        Assert.NotNull(SpecBuilder.Build(options, s_defaults).Spec.Exhaust);
    }

    [Fact]
    public void The_plan_goes_round_the_cells_past_those_that_have_no_more()
    {
        CampaignSpec spec = Build("policies: [control, rfc-v1]\nworkloads: [gup-pin, fs-dax]\nexhaust: {}\nshard: 100\n");
        var plan = new CampaignPlan(spec);
        List<Shard> shards = [];
        for (long index = 0; plan.At(index) is { } shard; index++)
        {
            Assert.Equal((index, shard.Cell), (plan.IndexOf(shard.Cell, shard.Number), plan.CellAt(index)));
            shards.Add(shard);
        }
        Assert.Equal(plan.ShardCount, shards.Count);
        foreach (PlannedCell cell in plan.Cells)
        {
            Shard[] own = [.. shards.Where(s => s.Cell == cell.Index)];
            Assert.Equal(cell.Workload.Scope.Count, own.Sum(s => s.Count));
            Assert.Equal(own.Select((_, i) => (ulong)i * 100), own.Select(s => s.FirstSeed));
            Assert.Equal(cell.Workload.Scope.Geometry, cell.Cell.Geometry);
        }
        Assert.NotEqual(plan.Cells[0].Workload.Scope.Count, plan.Cells[1].Workload.Scope.Count);
        Assert.Null(plan.At(-1));
        Assert.Equal(-1, plan.IndexOf(0, 100_000));
    }

    [Theory]
    [InlineData("soak: {}\n", "a soak and every interleaving contradict each other")]
    [InlineData("schedules: 5\n", "c.yaml:3: schedules: is about schedules that are drawn")]
    [InlineData("steps: 5\n", "steps: is about schedules that are drawn")]
    [InlineData("seed: 5\n", "seed: is about schedules that are drawn")]
    [InlineData("strategy: pct\n", "strategy: is about schedules that are drawn")]
    [InlineData("generation: 2\n", "generation: is about schedules that are drawn")]
    [InlineData("set: {ops: 3}\n", "programmes of a small scope draw no parameters")]
    [InlineData("cpus: 2\n", "each programme has a machine of its own size")]
    [InlineData("pages: 1024\n", "each programme has a machine of its own size")]
    [InlineData("exhaust: {states: 0}\n", "out of range")]
    [InlineData("exhaust: {count: 0}\n", "out of range")]
    [InlineData("exhaust: {parts: 2}\n", "only a programme that is given is searched in parts")]
    [InlineData("exhaust: {speed: 2}\n", "unknown key 'speed'; there are states, count, parts, depth")]
    public void What_contradicts_it_is_one_line(string more, string part)
    {
        SpecException wrong = Assert.Throws<SpecException>(() => Build((more.StartsWith("exhaust", StringComparison.Ordinal) ? "" : "exhaust: {}\n") + "workloads: gup-pin\n" + more));
        Assert.Contains(part, wrong.Message);
        Assert.DoesNotContain('\n', wrong.Message);
    }

    [Theory]
    [InlineData("exhaust: {count: 5}\n", "is about the programmes of small scopes")]
    [InlineData("exhaust: {depth: 5}\n", "only a programme that is searched in parts is taken apart")]
    [InlineData("exhaust: {parts: 5000}\n", "out of range")]
    public void And_so_is_what_does_not_go_with_a_programme(string more, string part) =>
        Assert.Contains(part, Assert.Throws<SpecException>(() => Build(Programme + more)).Message);
}
