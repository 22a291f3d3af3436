using System.Globalization;

namespace StressFarm.Exploration.Tests;

/// <summary>
/// What the first seeds come to under each known bug, and under each deviation alone: a bug is the same run whether a protocol asks
/// for it or edits say it. As <see cref="GoldenDigestTests"/>.
/// </summary>
public class KnownBugDigestTests
{
    private const int Seeds = 60;
    private static readonly string[] s_strategies = ["random", "pct"];

    [Fact]
    public void Digests_are_those_of_the_golden_file()
    {
        string file = Path.Combine(RepositoryRoot.Folder, "tests", "StressFarm.Exploration.Tests", "golden", "known-bugs.txt");
        string[] now = [.. Lines()];
        if (Environment.GetEnvironmentVariable("STRESSFARM_GOLDEN") == "write") File.WriteAllText(file, string.Join('\n', now) + "\n");
        Assert.Equal(File.ReadAllLines(file), now);
    }

    private static IEnumerable<string> Lines()
    {
        yield return $"# model {ModelVersion.Current}; known bug or deviation, workload, strategy, digest, steps and findings of seeds 0 to {Seeds - 1} on 4096 pages";
        var executor = new ShardExecutor(new Geometry(4096, 4));
        foreach (KnownBug bug in Catalog<KnownBug>.All)
            foreach (string strategy in s_strategies)
                yield return Line(executor, bug.Id, bug.Plant(Policy.Control), Catalog<Workload>.Find(bug.Workload)!, strategy);
        foreach (Deviation deviation in Enum.GetValues<Deviation>())
            yield return Line(executor, deviation.ToString(), Policy.Control with { Deviations = deviation }, Catalog<Workload>.Find("everything")!, "random");
    }

    private static string Line(ShardExecutor executor, string name, Policy policy, Workload workload, string strategy)
    {
        var cell = new Cell(policy, workload, strategy, new Geometry(4096, 4), new Dictionary<string, int>());
        ShardRecord record = executor.Run(cell, 0, Seeds);
        string findings = string.Join(' ', record.Findings.OrderBy(f => f.LowestSeed).Select(f => $"{f.LowestSeed}:{f.Invariant}"));
        return string.Create(CultureInfo.InvariantCulture, $"{name} {workload.Id} {strategy} {record.Digest:x16} {record.Steps} {findings}").TrimEnd();
    }
}
