namespace StressFarm.Exploration.Tests;

/// <summary>
/// A scope is the workload in small: whatever two calls a workload draws for two CPUs meet in its scope too, set-ups are of the same
/// calls, and what has few values is there with each that is drawn.
/// </summary>
public class ScopeCoverageTests
{
    private const int Seeds = 200;

    public static TheoryData<string> Workloads => [.. Catalog<Workload>.Ids];

    /// <summary>Of one whose guests are others, what two calls of one guest do is in that one's scope.</summary>
    private static SmallScope[] ScopesOf(Workload workload) =>
        workload is Everything ? [workload.Scope, .. Everything.Guests.Select(g => g.Scope)] : [workload.Scope];

    private static IEnumerable<OpCall> CallsOf(IEnumerable<SmallScope> scopes) =>
        scopes.SelectMany(s => s.Scenes).SelectMany(s => s.Turns.Concat(s.Against)).SelectMany(t => t);

    private static SortedSet<string> Missing(Workload workload, SmallScope[] scopes, int seeds)
    {
        var cut = new ScopeCut(scopes);
        return [.. Enumerable.Range(1, seeds).SelectMany(seed => cut.Missing(cut.Draw(workload, (ulong)seed)))];
    }

    [Theory]
    [MemberData(nameof(Workloads))]
    public void Whatever_two_calls_are_drawn_meet_in_the_scope(string id)
    {
        Workload workload = Catalog<Workload>.Find(id)!;
        SortedSet<string> missing = Missing(workload, ScopesOf(workload), Seeds);
        Assert.True(missing.Count == 0, $"{missing.Count} meetings: {string.Join(", ", missing.Take(10))}");
    }

    [Theory]
    [MemberData(nameof(Workloads))]
    public void An_operation_that_is_left_out_is_missed(string id)
    {
        Workload workload = Catalog<Workload>.Find(id)!;
        SmallScope[] scopes = ScopesOf(workload);
        var cut = new ScopeCut(scopes);
        var drawn = new HashSet<Operation>();
        for (ulong seed = 1; seed <= 40; seed++)
            if (cut.Draw(workload, seed) is { Cpus.Count: > 1 } programme && programme.Cpus.All(c => c.Count > 0)) drawn.UnionWith(programme.Cpus.SelectMany(c => c).Select(c => c.Operation));
        Assert.NotEmpty(drawn);
        foreach (Operation operation in workload is Everything ? drawn.Take(8) : drawn)
            Assert.Contains(Missing(workload, [.. scopes.Select(s => Without(s, operation))], 60), m => m.Contains(operation.Id, StringComparison.Ordinal));
    }

    private static SmallScope Without(SmallScope scope, Operation operation) => new("without", scope.Scenes.Select(s =>
        new Scene(s.Arena, s.Setups.Select(Text), Kept(s.Turns, operation), Kept(s.Against, operation)) { Allocator = s.Allocator }));

    private static IEnumerable<string> Kept(IEnumerable<IReadOnlyList<OpCall>> turns, Operation operation) => turns.Where(t => t.All(c => c.Operation != operation)).Select(Text);

    private static string Text(IReadOnlyList<OpCall> calls) => string.Join("; ", calls);

    [Theory]
    [MemberData(nameof(Workloads))]
    public void Whatever_is_drawn_for_a_set_up_or_for_one_CPU_is_in_the_scope(string id)
    {
        Workload workload = Catalog<Workload>.Find(id)!;
        SmallScope[] scopes = ScopesOf(workload);
        HashSet<Operation> turns = [.. CallsOf(scopes).Select(c => c.Operation)],
            setups = [.. scopes.SelectMany(s => s.Scenes).SelectMany(s => s.Setups).SelectMany(s => s).Select(c => c.Operation)];
        var cut = new ScopeCut(scopes);
        var missing = new SortedSet<string>();
        for (ulong seed = 1; seed <= Seeds; seed++)
        {
            WrittenProgramme drawn = cut.Draw(workload, seed);
            missing.UnionWith(drawn.Cpus.SelectMany(c => c).Where(c => !turns.Contains(c.Operation)).Select(c => c.Operation.Id));
            missing.UnionWith(drawn.Setup.Where(c => !setups.Contains(c.Operation)).Select(c => $"set-up {c.Operation.Id}"));
        }
        Assert.True(missing.Count == 0, string.Join(", ", missing));
    }

    /// <summary>Flags and choices, files, memory control groups, hstates; of orders, none and some.</summary>
    [Theory]
    [MemberData(nameof(Workloads))]
    public void Each_value_of_what_has_few_is_in_the_scope(string id)
    {
        Workload workload = Catalog<Workload>.Find(id)!;
        SmallScope[] scopes = ScopesOf(workload);
        HashSet<string> there = [.. CallsOf(scopes).SelectMany(Values)];
        var cut = new ScopeCut(scopes);
        var missing = new SortedSet<string>();
        for (ulong seed = 1; seed <= Seeds; seed++) missing.UnionWith(cut.Draw(workload, seed).Cpus.SelectMany(c => c).SelectMany(Values).Where(v => !there.Contains(v)));
        Assert.True(missing.Count == 0, string.Join(", ", missing));
    }

    private static IEnumerable<string> Values(OpCall call)
    {
        foreach (Parameter p in call.Operation.Parameters)
        {
            Domain domain = p.Domain;
            if (domain == Domain.Order || domain == Domain.DeviceOrder) yield return $"{call.Operation.Id} {p.Name}{(call[p] == 0 ? "=" : ">")}0";
            else if (domain == Domain.Flag || domain == Domain.Mapping || domain == Domain.Memcg || domain == Domain.Hstate || domain.GetType().IsGenericType)
                yield return $"{call.Operation.Id} {p.Name}={domain.Format(call[p])}";
        }
    }
}
