namespace StressFarm.Exploration.Tests;

/// <summary>A finding of a programme that was written: its token has the programme, and its programme can be written again.</summary>
public class ProgrammeTokenTests
{
    private static readonly Geometry s_geometry = new(64, 4);

    private static WrittenProgramme Programme(string name = "gup-split") => new(name, ArenaKey.Default(2), Allocator.Buddy,
        [AnonFault.Call(mm: 0, slot: 0, order: 2)],
        [[GetPages.Call<GetUserPagesFast>(mm: 0, slot: 1), UnpinUserPages.Call(handle: 0), DrainLocalPages.Call()], [SlotOperation.Call<SplitHugePage>(mm: 0, slot: 0)]]);

    private static Finding Found(Workload workload, Policy policy)
    {
        var cell = new Cell(policy, workload, "portfolio", s_geometry, new Dictionary<string, int>());
        var executor = new ShardExecutor(s_geometry);
        for (ulong seed = 0; seed < 4096; seed += 256)
            if (executor.Run(cell, seed, 256).Findings is [var raw, ..]) return new FindingWorkup(s_geometry).Work(cell, raw);
        throw new InvalidOperationException("nothing is violated");
    }

    private static Policy Planted => Catalog<KnownBug>.Find("Z06")!.Plant(Policy.Control);

    [Fact]
    public void A_token_of_a_programme_needs_nothing_else()
    {
        Finding finding = Found(Programme(), Planted);
        Assert.StartsWith("U0YD", finding.Token);
        Assert.Equal(("gup-split", 10), (finding.Workload, finding.Reliability));
        ReplayOutcome outcome = Replay.TryRun(finding.Token, out string error) ?? throw new InvalidOperationException(error);
        Assert.True(outcome.Recurred && outcome.DigestMatches);
        Assert.Equal(Programme().Canonical, Assert.IsType<WrittenProgramme>(outcome.Cell.Workload).Canonical);
        Assert.Equal((finding.Id, finding.Signature), (outcome.Finding!.Id, outcome.Finding.Signature));
        Assert.Equal(finding.Token, ReplayToken.TryDecode(finding.Token, out _)!.Encode());
    }

    [Fact]
    public void Equal_programmes_have_equal_findings_and_others_have_others()
    {
        Assert.Equal(Found(Programme(), Planted).Token, Found(Programme(), Planted).Token);
        Assert.NotEqual(Found(Programme(), Planted).Id, Found(Programme("other"), Planted).Id);
        Assert.NotEqual(Programme().Key, Programme("other").Key);
    }

    [Fact]
    public void The_shrunk_programme_is_one_that_can_be_written_and_shows_the_same()
    {
        Finding finding = Found(Programme(), Planted);
        FoundProgramme found = FoundProgramme.TryFind(finding.Token, "f-1", out string error) ?? throw new InvalidOperationException(error);
        Assert.True(found.Recurs);
        Assert.Equal("gup-split", found.Written.Id);
        Assert.DoesNotContain("drain_local_pages", found.Written.Canonical);
        Assert.NotNull(ProgrammeText.TryRead(found.Written.Canonical, out _));
        Assert.Equal(finding.Signature, Found(found.Written, Planted).Signature);
    }

    [Fact]
    public void A_finding_of_a_workload_is_a_programme_too()
    {
        Finding finding = Found(Catalog<Workload>.Find("device-private-reinit")!, new Policy { Dpm = Dpm.None });
        Assert.StartsWith("U0YB", finding.Token);
        FoundProgramme found = FoundProgramme.TryFind(finding.Token, "f-1", out _)!;
        Assert.True(found.Recurs);
        Assert.Equal("f-1", found.Written.Id);
        Assert.NotNull(ProgrammeText.TryRead(found.Written.Canonical, out _));
    }

    [Fact]
    public void No_corruption_is_accepted_and_none_throws()
    {
        string token = Found(Programme(), Planted).Token, text = Programme().Canonical;
        var random = new Pcg(5, 9);
        for (int i = 0; i < 3000; i++)
        {
            int at = random.Below(token.Length);
            Assert.Null(ReplayToken.TryDecode(token[..at] + (token[at] == 'A' ? 'B' : 'A') + token[(at + 1)..], out string error));
            Assert.DoesNotMatch(@"\p{C}", error);
            // What a checksum lets through.
            char[] damaged = text.ToCharArray();
            for (int n = 1 + random.Below(3); n > 0; n--) damaged[random.Below(damaged.Length)] = (char)random.Below(128);
            if (ProgrammeText.TryRead(new string(damaged), out error) is null) Assert.DoesNotMatch(@"\p{C}", error);
        }
    }
}
