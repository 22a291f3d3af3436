namespace StressFarm.Exploration.Tests;

/// <summary>What a small scope is: numbered programmes, each once, all of which may be written.</summary>
public class SmallScopeTests
{
    private static readonly Arena s_arena = new(Scene.Cpus, 3, -1, 2);

    private static SmallScope Scope(params string[] turns) => new("test", [new(s_arena, ["do_anonymous_page mm=0 slot=0 order=2"], turns)]);

    public static TheoryData<string> Workloads => [.. Catalog<Workload>.All.Where(w => w.Scope.Count > 0).Select(w => w.Id)];

    [Fact]
    public void Two_CPUs_have_every_pair_of_turns_in_one_order()
    {
        SmallScope scope = Scope("zap_pte_range mm=0 slot=0/1", "split_huge_page mm=0 slot=3");
        Assert.Equal(
            [
                "zap_pte_range mm=0 slot=0 count=1 | zap_pte_range mm=0 slot=0 count=1", "zap_pte_range mm=0 slot=0 count=1 | zap_pte_range mm=0 slot=1 count=1",
                "zap_pte_range mm=0 slot=0 count=1 | split_huge_page mm=0 slot=3", "zap_pte_range mm=0 slot=1 count=1 | zap_pte_range mm=0 slot=1 count=1",
                "zap_pte_range mm=0 slot=1 count=1 | split_huge_page mm=0 slot=3", "split_huge_page mm=0 slot=3 | split_huge_page mm=0 slot=3",
            ],
            Enumerable.Range(0, scope.Count).Select(i => string.Join(" | ", scope[i].Cpus.Select(c => string.Join("; ", c)))));
        Assert.Equal("test-5", scope[5].Id);
    }

    [Fact]
    public void A_digest_is_of_all_the_programmes_in_their_order()
    {
        Assert.Equal(Scope("zap_pte_range mm=0 slot=0/1").Digest, Scope("zap_pte_range mm=0 slot=0", "zap_pte_range mm=0 slot=1").Digest);
        Assert.NotEqual(Scope("zap_pte_range mm=0 slot=0/1").Digest, Scope("zap_pte_range mm=0 slot=1/0").Digest);
        Assert.NotEqual(Scope("zap_pte_range mm=0 slot=0/1").Digest, Scope("zap_pte_range mm=0 slot=0/2").Digest);
    }

    [Fact]
    public void What_breaks_the_contract_of_programmes_is_left_out()
    {
        var scene = new Scene(s_arena with { SectionOrder = 2, SystemOrder = 4 }, [""], ["page_idle pfn=0", "offline_pages (section) section=0", "pfn_to_online_page pfn=0"]);
        // The two that may not meet never do, the other four pairs and twice the same are there.
        Assert.Equal(5, new SmallScope("test", [scene]).Count);
    }

    [Fact]
    public void Wrong_turns_and_too_many_programmes_are_refused()
    {
        Assert.Contains("unknown operation", Assert.Throws<FormatException>(() => Scope("zap_pte_rage mm=0")).Message, StringComparison.Ordinal);
        Assert.Contains("out of range", Assert.Throws<FormatException>(() => Scope("zap_pte_range mm=3")).Message, StringComparison.Ordinal);
        Assert.Contains("is no turn", Assert.Throws<FormatException>(() => Scope("split_huge_page mm=0; split_huge_page mm=0; split_huge_page mm=0")).Message, StringComparison.Ordinal);
        Assert.Contains("at most 2000", Assert.Throws<InvalidOperationException>(() => Scope("zap_pte_range mm=0/1 slot=0/1/2/3 count=1/2/3/4/5/6/7/8")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Workloads))]
    public void Every_programme_of_a_workload_may_be_written_is_there_once_and_fits(string id)
    {
        SmallScope scope = Catalog<Workload>.Find(id)!.Scope;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < scope.Count; i++)
        {
            WrittenProgramme programme = scope[i];
            Assert.NotNull(ProgrammeText.TryRead(programme.Canonical, out string error));
            Assert.Equal("", error);
            Assert.True(programme.Fits(scope.Geometry), programme.Id);
            string[] turns = [.. programme.Cpus.Select(c => string.Join("; ", c)).Order(StringComparer.Ordinal)];
            Assert.True(seen.Add($"{programme.Arena} {programme.Allocator} {string.Join("; ", programme.Setup)} {turns[0]} | {turns[1]}"), $"{programme.Id} comes twice");
        }
        Assert.InRange(scope.Count, 1, SmallScope.Most);
    }
}
