namespace StressFarm.Exploration.Tests;

/// <summary>The workload device-private-reinit by random walk: what control and the disputed designs come to on the same seeds.</summary>
public class DevicePrivateTests
{
    private static readonly Dictionary<string, int> s_drawn = [];

    /// <summary>Runs seeds from <paramref name="first"/> on until <paramref name="stop"/> or the step budget; the steps taken.</summary>
    private static long Explore(Policy policy, ulong first, long budget, Func<Violation, bool> stop)
    {
        var machine = new Machine(new Geometry());
        var runner = new ScheduleRunner(machine);
        var programme = new Programme();
        var strategy = new RandomWalk();
        Workload workload = Catalog<Workload>.Find("device-private-reinit")!;
        long steps = 0;
        for (ulong seed = first; steps < budget; seed++)
        {
            programme.Compose(workload, machine.Geometry, seed, s_drawn);
            ScheduleResult result = runner.Run(programme, policy, strategy, seed);
            Assert.NotEqual(ScheduleEnd.Cut, result.End);
            steps += result.Steps;
            if (machine.Violation is { } violation && stop(violation)) return steps;
        }
        return steps;
    }

    private static void AssertClean(Policy policy, ulong first, long budget) =>
        Explore(policy, first, budget, v => throw new Xunit.Sdk.XunitException($"{policy}: {v.Invariant.Id} {v.Sentence}"));

    [Theory]
    [InlineData("control")]
    [InlineData("undo-at-free")]
    [InlineData("undo-in-driver")]
    [InlineData("reinit-predecessor-locked")]
    [InlineData("head-pointer")]
    [InlineData("zflags=clear")]
    [InlineData("allocator=lifo")]
    [InlineData("ref-before-prep=always")]
    public void Designs_that_hold_are_clean(string design)
    {
        Policy? policy = Policy.TryParse(design, out string error);
        Assert.True(policy is not null, error);
        AssertClean(policy, 1, design == "control" ? 2_500_000 : 700_000);
    }

    [Theory]
    [InlineData("no-reinit", "I01 I02 I43 I57")]
    [InlineData("reinit-predecessor", "I44")]
    [InlineData("pfn-getter", "I15 I45")]
    [InlineData("mainline", "I47")]
    [InlineData("dpm=free-core,evict=k73", "I47")]
    public void Designs_that_do_not_hold_are_caught_by_the_invariants_they_break(string design, string invariants)
    {
        Policy policy = Policy.TryParse(design, out _)!;
        string[] expected = invariants.Split(' ');
        string found = "";
        Explore(policy, 1, 5_000_000, v =>
        {
            found = v.Invariant.Id;
            return true;
        });
        Assert.Contains(found, expected);
    }

    [Fact]
    public void The_programme_does_not_depend_on_the_policy_and_repeats()
    {
        var machine = new Machine(new Geometry());
        var runner = new ScheduleRunner(machine);
        var programme = new Programme();
        Workload workload = Catalog<Workload>.Find("device-private-reinit")!;
        for (ulong seed = 1; seed <= 200; seed++)
        {
            ulong Run(Policy policy)
            {
                programme.Compose(workload, machine.Geometry, seed, s_drawn);
                return runner.Run(programme, policy, new RandomWalk(), seed).Digest;
            }
            ulong once = Run(Policy.Control);
            Run(new Policy { Dpm = Dpm.None });
            Assert.Equal(once, Run(Policy.Control));
        }
    }
}
