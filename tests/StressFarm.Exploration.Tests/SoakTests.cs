using System.Globalization;

namespace StressFarm.Exploration.Tests;

public class SoakTests
{
    private static readonly Geometry s_small = new(256, 4);
    private static readonly Dictionary<string, int> s_none = [];

    private static SoakSection Section(string workload, string policy = "control", string strategy = "portfolio", int number = 0, int schedules = 16) =>
        SoakSection.Of(new Cell(Presets.Find(policy)!.Policy, Catalog<Workload>.Find(workload)!, strategy, s_small, s_none), number, 7, schedules);

    private static SoakExecutor Executor() => new(s_small, new ShardExecutor(s_small));

    private static List<(ShardRecord Record, Checkpoint At)> Run(SoakExecutor executor, SoakSection section, int epochs, Checkpoint? at = null)
    {
        var done = new List<(ShardRecord, Checkpoint)>();
        for (long epoch = at is null ? 0 : at.Epoch + 1; done.Count < epochs; epoch++)
        {
            (ShardRecord record, at) = executor.Run(section, epoch, at);
            done.Add((record, at));
        }
        return done;
    }

    public static TheoryData<string> Workloads => [.. Catalog<Workload>.Ids];

    [Theory, MemberData(nameof(Workloads))]
    public void A_section_that_comes_back_from_bytes_goes_on_as_if_it_had_stayed(string workload)
    {
        foreach (string policy in (string[])["control", "undo-at-free"])
            foreach (int number in (int[])[1, 3])
            {
                SoakSection section = Section(workload, policy, number: number);
                SectionLife life = SectionLife.Of(section, new Programme());
                Strategy strategy = new ShardExecutor(s_small).Prepare(life.Cell);
                ScheduleRunner stays = new(new Machine(s_small)), comes = new(new Machine(s_small));
                stays.Machine.Reset(life.Arena, life.Cell.Policy, null);
                var programme = new Programme();
                for (ulong seed = section.FirstSeed; seed < section.FirstSeed + 60; seed++)
                {
                    byte[] before = MachineState.Capture(stays.Machine, 0);
                    programme.Compose(life.Cell.Workload, s_small, seed, life.Cell.FixedParameters);
                    ScheduleResult result = stays.Continue(programme, life.Cell.Policy, strategy, seed, whole: seed % 16 == 0, SoakSection.Drains(seed));
                    Assert.Equal(ScheduleEnd.Done, result.End);
                    if (Pcg.Mix(seed) % 3 == 0) continue;
                    MachineState.Restore(comes.Machine, before);
                    Assert.Equal(result, comes.Continue(programme, life.Cell.Policy, strategy, seed, whole: seed % 16 == 0, SoakSection.Drains(seed)));
                    Assert.Equal(MachineState.Capture(stays.Machine, 0), MachineState.Capture(comes.Machine, 0));
                }
            }
    }

    [Theory, MemberData(nameof(Workloads))]
    public void Control_is_silent_and_its_memory_does_not_stay_pristine(string workload)
    {
        SoakSection section = Section(workload);
        SoakExecutor executor = Executor();
        var epochs = Run(executor, section, 6);
        Assert.All(epochs, e => Assert.Empty(e.Record.Findings));
        Assert.Equal(6, epochs.Select(e => e.At.StateHash).Distinct().Count());
        // The same seeds on pristine memory take other steps: what is left behind is seen.
        ulong pristine = new ShardExecutor(s_small).Run(executor.LifeOf(section).Cell, section.FirstSeedOf(1), section.Schedules).Digest;
        Assert.NotEqual(pristine, epochs[1].Record.Digest);
    }

    [Fact]
    public void Any_worker_takes_a_section_up_and_gets_the_same_chain()
    {
        SoakSection section = Section("mixed"), other = Section("device-private-reinit", number: 3);
        var alone = Run(Executor(), section, 8);
        SoakExecutor busy = Executor();
        Checkpoint? at = null, otherAt = null;
        for (int epoch = 0; epoch < 8; epoch++)
        {
            (_, otherAt) = busy.Run(other, epoch, otherAt);
            SoakExecutor executor = epoch % 3 == 0 ? busy : Executor();
            (ShardRecord record, at) = executor.Run(section, epoch, at);
            Assert.Equal(alone[epoch].Record.Link, record.Link);
            Assert.Equal((alone[epoch].At.Chain, alone[epoch].At.StateHash), (at.Chain, at.StateHash));
        }
    }

    [Fact]
    public void One_epoch_in_thirty_two_is_run_twice()
    {
        var epochs = Run(Executor(), Section("gup-pin", schedules: 2), 65);
        Assert.Equal([0L, 32L, 64L], epochs.Where(e => e.Record.DeterminismChecked == 2).Select(e => e.At.Epoch));
        Assert.All(epochs, e => Assert.Equal(0, e.Record.DeterminismMismatches));
    }

    [Fact]
    public void A_checkpoint_of_another_place_or_memory_is_refused()
    {
        SoakExecutor executor = Executor();
        SoakSection section = Section("gup-pin");
        Checkpoint first = Run(executor, section, 1)[0].At;
        Assert.Throws<ArgumentException>(() => executor.Run(section, 1, null));
        Assert.Throws<ArgumentException>(() => executor.Run(section, 2, first));
        Assert.Throws<ArgumentException>(() => executor.Run(Section("gup-pin", number: 1), 1, first));
        Assert.Throws<StateException>(() => executor.Run(section, 1, first with { State = [1, 2, 3] }));
        Assert.Throws<StateException>(() => executor.Run(section, 1, first with { StateHash = "00" }));
        Assert.Equal(1, executor.Run(section, 1, first).Next.Epoch);
    }

    [Fact]
    public void What_is_fixed_for_life_is_drawn_for_each_section()
    {
        var programme = new Programme();
        SectionLife[] lives = [.. Enumerable.Range(0, 16).Select(n => SectionLife.Of(Section("device-private-reinit", number: n), programme))];
        Assert.True(lives.Select(l => l.Arena).Distinct().Count() > 3);
        Assert.Equal(4, lives.Count(l => l.Cell.FixedParameters["lifo"] == 1));
        Assert.All(lives, l => Assert.Equal(0, l.Cell.FixedParameters["order-9"]));
        Assert.All(lives, l => Assert.Equal(l.Arena.DeviceOrder, l.Cell.FixedParameters["device-order"]));
    }

    [Fact]
    public void A_violation_ends_its_schedule_and_the_section_is_born_again()
    {
        SoakSection section = Section("device-private-reinit", "no-reinit", schedules: 64);
        (ShardRecord record, Checkpoint at) = Run(Executor(), section, 1)[0];
        Assert.Equal(64, record.Schedules);
        Assert.NotEmpty(record.Findings);
        Assert.All(record.Findings, f => Assert.Equal(new SoakPlace(0, 0), f.Soak));
        Assert.Equal(record.Arms.Sum(a => a.Violated), BitConverter.ToInt64(StateBytes.Expand(at.State).AsSpan(15, 8)));
    }

    /// <summary>What a pristine memory cannot show: words that an earlier schedule left.</summary>
    [Fact]
    public void A_finding_that_needs_its_history_repeats_from_its_token()
    {
        SoakSection section = Section("mixed", "no-reinit", schedules: 32);
        SoakExecutor executor = Executor();
        var work = new FindingWorkup(s_small);
        (Checkpoint? before, Checkpoint? at) = (null, null);
        RawFinding? stale = null;
        for (int epoch = 0; stale is null && epoch < 20; epoch++)
        {
            before = at;
            (ShardRecord record, at) = executor.Run(section, epoch, at);
            if (epoch > 0) stale = record.Findings.FirstOrDefault(f => f.Other == "earlier-schedule");
        }
        Finding finding = work.Work(section, stale!, before);
        Assert.Equal((stale!.Soak, 10, "DPM"), (finding.History, finding.Reliability, finding.Silencer));
        Assert.Contains(FormattableString.Invariant($"epoch {stale.Soak!.Epoch} of section 0"), finding.HistorySentence());
        Assert.Contains("  last written by an earlier schedule of the section", finding.GuiltyWord);
        Assert.InRange(finding.Length, 1, 60);
        Assert.InRange(finding.Token.Length, 100, 20_000);
        ReplayOutcome replay = Replay.TryRun(finding.Token, out _)!;
        Assert.True(replay is { Recurred: true, DigestMatches: true });
        Assert.Equal(finding.Columns, replay.Finding!.Columns);
        Assert.Equal(finding.GuiltyWord, replay.Finding.GuiltyWord);
        Assert.Equal(finding.History, replay.Finding.History);
        // Without the memory it is nothing.
        ReplayToken token = ReplayToken.TryDecode(finding.Token, out _)!;
        Assert.False(Replay.TryRun((token with { Scenario = token.Scenario with { Start = null } }).Encode(), out _)!.Recurred);
    }

    [Fact]
    public void A_finding_that_its_seed_alone_shows_has_no_history()
    {
        SoakSection section = Section("device-private-reinit", "no-reinit");
        RawFinding raw = Run(Executor(), section, 1)[0].Record.Findings.MinBy(f => f.LowestSeed)!;
        Finding finding = new FindingWorkup(s_small).Work(section, raw, null);
        Assert.Null(finding.History);
        Assert.True(Replay.TryRun(finding.Token, out _)!.Recurred);
    }

    [Fact]
    public void A_token_with_a_memory_that_is_none_is_refused_with_one_line()
    {
        SoakSection section = Section("mixed");
        StartState start = Executor().Before(section, 0, null, section.FirstSeed + 5);
        var scenario = new Scenario(section.Cell, section.FirstSeed + 5, ProgrammeEdits.None, [], true) { Start = start };
        var token = new ReplayToken(scenario, 0, new RawSignature("I01", "f", "a", "b"));
        Assert.NotNull(Replay.TryRun(token.Encode(), out _));
        byte[] state = StateBytes.Expand(start.State);
        var random = new Pcg(5, 8);
        int refused = 0;
        for (int i = 0; i < 300; i++)
        {
            byte[] bytes = [.. state];
            for (int n = 1 + random.Below(3); n > 0; n--) bytes[random.Below(bytes.Length)] = (byte)random.NextUInt();
            byte[] packed = i % 3 == 0 ? [.. start.State.Select(b => random.OneIn(9) ? (byte)random.NextUInt() : b)] : StateBytes.Compress(bytes);
            string text = (token with { Scenario = scenario with { Start = start with { State = packed } } }).Encode();
            if (Replay.TryRun(text, out string error) is not null) continue;
            refused++;
            Assert.StartsWith("the token's memory is unusable: ", error);
            Assert.DoesNotContain('\n', error);
        }
        Assert.InRange(refused, 100, 299);
        Assert.Null(Replay.TryRun((token with { Scenario = scenario with { Start = start with { State = new byte[200_000] } } }).Encode(), out _));
    }

    /// <summary>A section that goes on for ever must cost no more than one that began.</summary>
    [Fact]
    public void Nothing_grows_with_the_age_of_a_section()
    {
        SoakSection section = Section("mixed", schedules: 1);
        SoakExecutor executor = Executor();
        Checkpoint at = Run(executor, section, 400)[^1].At;
        (long most, int largest) = (0, 0);
        for (int epoch = 400; epoch < 10_000; epoch++)
        {
            // One schedule an epoch: all that an epoch adds is at its costliest, and the schedules are as cheap as they get.
            long before = GC.GetAllocatedBytesForCurrentThread();
            (_, at) = executor.Run(section, epoch, at);
            most = Math.Max(most, GC.GetAllocatedBytesForCurrentThread() - before);
            largest = Math.Max(largest, at.State.Length);
        }
        // An epoch restores, captures and compresses a state of some 40 kB, sometimes twice.
        Assert.InRange(most, 1, 1 << 20);
        Assert.InRange(largest, 1, 8 << 10);
    }

    [Fact]
    public void Chains_are_those_of_the_golden_file()
    {
        string file = Path.Combine(RepositoryRoot.Folder, "tests", "StressFarm.Exploration.Tests", "golden", "soak.txt");
        string[] now = [.. Golden()];
        if (Environment.GetEnvironmentVariable("STRESSFARM_GOLDEN") == "write") File.WriteAllText(file, string.Join('\n', now) + "\n");
        Assert.Equal(File.ReadAllLines(file), now);
    }

    private static IEnumerable<string> Golden()
    {
        yield return $"# model {ModelVersion.Current}; workload, section, steps, head of the chain after 3 epochs of 16 schedules under control on 256 pages";
        SoakExecutor executor = Executor();
        foreach (string workload in Catalog<Workload>.Ids)
            foreach (int number in (int[])[0, 3])
            {
                var epochs = Run(executor, Section(workload, number: number), 3);
                yield return string.Create(CultureInfo.InvariantCulture, $"{workload} {number} {epochs.Sum(e => e.Record.Steps)} {epochs[^1].At.Chain}");
            }
    }
}
