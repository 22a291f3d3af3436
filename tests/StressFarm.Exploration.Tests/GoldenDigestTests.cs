using System.Globalization;

namespace StressFarm.Exploration.Tests;

/// <summary>
/// What each strategy makes of the first seeds of each workload, as published with a model version. A difference means
/// that seeds have changed their meaning: raise <see cref="ModelVersion.Current"/> and write the file anew by running
/// these tests with the environment variable STRESSFARM_GOLDEN=write.
/// </summary>
public class GoldenDigestTests
{
    private const int Seeds = 60;

    [Fact]
    public void Digests_are_those_of_the_golden_file()
    {
        string file = Path.Combine(RepositoryRoot.Folder, "tests", "StressFarm.Exploration.Tests", "golden", "digests.txt");
        string[] now = [.. Lines()];
        if (Environment.GetEnvironmentVariable("STRESSFARM_GOLDEN") == "write") File.WriteAllText(file, string.Join('\n', now) + "\n");
        Assert.Equal(File.ReadAllLines(file), now);
    }

    private static IEnumerable<string> Lines()
    {
        yield return $"# model {ModelVersion.Current}; workload, strategy, digest and steps of seeds 0 to {Seeds - 1} under control on 4096 pages";
        var geometry = new Geometry(4096, 4);
        var executor = new ShardExecutor(geometry);
        foreach (Workload workload in Catalog<Workload>.All)
            foreach (string strategy in Catalog<Strategy>.Ids)
            {
                var cell = new Cell(Policy.Control, workload, strategy, geometry, new Dictionary<string, int>());
                ShardRecord record = executor.Run(cell, 0, Seeds);
                yield return string.Create(CultureInfo.InvariantCulture, $"{workload.Id} {strategy} {record.Digest:x16} {record.Steps}");
            }
    }
}
