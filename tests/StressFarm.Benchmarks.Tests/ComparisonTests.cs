namespace StressFarm.Benchmarks.Tests;

public class ComparisonTests
{
    /// <summary>A build that takes this long for a step, threads beside each other at no cost, and gives digests of its own from some count on.</summary>
    private sealed class Pretended(double nanoseconds, int wrongFrom = int.MaxValue) : ISampler
    {
        private int _runs;
        public Turn Open(string workload, string strategy, int threads, int count) => Run(count);

        public Turn Run(int count, int threads = 1)
        {
            long steps = 1000L * count;
            return new(steps * threads, steps * threads * nanoseconds * 1e-9, steps * nanoseconds * 1e-9, 0, ++_runs >= wrongFrom ? 1UL : 0);
        }

        public void Dispose() { }
    }

    private static Comparison Of(Func<ISampler> mine, Func<ISampler> other) =>
        new(mine, other) { Rounds = 9, Workloads = ["mixed", "everything"] };

    [Fact]
    public void Ratios_are_those_of_the_rates_and_two_threads_are_twice_one()
    {
        Comparison comparison = Of(() => new Pretended(40), () => new Pretended(50));
        comparison.Run(TextWriter.Null);
        Assert.Equal(4, comparison.Cells.Count);
        foreach (ComparedCell cell in comparison.Cells)
        {
            Assert.Equal(9, cell.Ratios.Count);
            Assert.All(cell.Ratios, r => Assert.Equal(1.25, r, 6));
            Assert.All(cell.Scalings, s => Assert.Equal(2, s, 6));
            Assert.Null(cell.Difference);
        }
        string[] lines = ComparisonTable.Lines(comparison, "this", "that");
        Assert.Contains(lines, l => l.StartsWith("mixed *", StringComparison.Ordinal) && l.EndsWith("same", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.StartsWith("everything ", StringComparison.Ordinal) && l.Contains("1.250 [1.250, 1.250]"));
        Assert.Contains(lines, l => l.StartsWith("* both strategies", StringComparison.Ordinal) && l.Contains("1.250"));
    }

    [Fact]
    public void Digests_that_differ_are_said_by_cell_and_round()
    {
        Comparison comparison = Of(() => new Pretended(40), () => new Pretended(40, wrongFrom: 13));
        comparison.Run(TextWriter.Null);
        Assert.All(comparison.Cells, c => Assert.StartsWith("round 1: 0000000000000000 here, 0000000000000001 there", c.Difference));
        Assert.Contains(ComparisonTable.Lines(comparison, "this", "that"), l => l.Contains("DIFFER under random, round 1"));
    }

    [Fact]
    public void A_sampler_runs_the_build_it_is_told_to_and_gives_its_digest()
    {
        string assembly = typeof(Batch).Assembly.Location;
        var here = new Batch("folio-split", judged: true, "portfolio");
        long steps = here.Run(20) + here.Run(30);
        using var sampler = new Sampler(assembly);
        Turn first = sampler.Open("folio-split", "portfolio", threads: 2, 20), second = sampler.Run(30);
        Assert.Equal(steps, first.Steps / 2 + second.Steps);
        Assert.Equal(here.Digest, second.Digest);
        Assert.True(second is { Seconds: > 0, Clock: > 0 });
    }

    [Fact]
    public void A_build_takes_its_own_assemblies_and_not_the_running_program_s()
    {
        string from = Path.GetDirectoryName(typeof(Batch).Assembly.Location)!, copy = Directory.CreateTempSubdirectory().FullName;
        try
        {
            foreach (string file in Directory.EnumerateFiles(from, "StressFarm.*.dll")) File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
            var build = Build.Load(Path.Combine(copy, Path.GetFileName(typeof(Batch).Assembly.Location)));
            (Func<int, long> run, Func<ulong> digest) = build.Open("mixed", "random");
            Assert.True(run(5) > 0);
            var here = new Batch("mixed", judged: true);
            here.Run(5);
            Assert.Equal(here.Digest, digest());
            object runner = run.Target!.GetType().GetField("_runner", System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance)!.GetValue(run.Target)!;
            Assert.StartsWith(copy, runner.GetType().Assembly.Location);
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }

    [Theory]
    [InlineData("no build of the benchmark in", "--against", "nowhere")]
    [InlineData("needs at least 6 pairs", "--against", ".", "--rounds", "5")]
    [InlineData("'nonsense' is neither an option with its value nor a workload", "--against", ".", "nonsense")]
    [InlineData("--page wants every workload", "--against", ".", "--page", "page.md", "mixed")]
    [InlineData("'--against' is neither", "--against")]
    public void What_cannot_be_used_is_one_line_and_64(string sentence, params string[] args)
    {
        var error = new StringWriter();
        Assert.Equal(64, AgainstCommand.Run(args, TextWriter.Null, error));
        Assert.Contains(sentence, error.ToString());
        Assert.Single(error.ToString().TrimEnd().Split('\n'));
    }

    [Fact]
    public void A_build_is_as_fast_as_itself_and_its_digests_are_the_same()
    {
        var output = new StringWriter();
        int code = AgainstCommand.Run(["--against", RepositoryRoot.Folder, "--rounds", "6", "driver-pin"], output, TextWriter.Null);
        Assert.True(code == 0, output.ToString());
        Assert.Matches(@"driver-pin +\d\.\d{3} \[\d\.\d{3}, \d\.\d{3}\] +\d\.\d{3} \[\d\.\d{3}, \d\.\d{3}\] +\d\.\d{3} \[.*\] +same", output.ToString());
    }

    [Fact]
    public void Without_SPIN_a_whole_comparison_is_refused_before_it_measures()
    {
        var error = new StringWriter();
        Assert.Equal(64, AgainstCommand.Run(["--against", RepositoryRoot.Folder], TextWriter.Null, error, hasSpin: false));
        Assert.Equal("SPIN is not installed: 'apt-get install spin' installs it", error.ToString().TrimEnd());
    }

    [Fact]
    public void A_page_s_blocks_are_written_and_the_rest_is_left()
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "# Page\n\n<!-- generated: a -->\nold\n<!-- end -->\ntext\n<!-- generated: b -->\n<!-- end -->\n");
            Assert.Null(GeneratedPage.Missing(file, "a", "b"));
            Assert.Contains("has no block 'c'", GeneratedPage.Missing(file, "a", "c"));
            GeneratedPage.Write(file, ("a", "one\ntwo\n"), ("b", "three"));
            Assert.Equal("# Page\n\n<!-- generated: a -->\n\n```\none\ntwo\n```\n\n<!-- end -->\ntext\n<!-- generated: b -->\n\n```\nthree\n```\n\n<!-- end -->\n", File.ReadAllText(file));
            Assert.Equal(["one", "two"], GeneratedPage.Read(file, "a"));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void The_page_on_performance_has_every_block_and_every_workload()
    {
        string page = Path.Combine(RepositoryRoot.Folder, "docs", "performance.md");
        Assert.Null(GeneratedPage.Missing(page, AgainstCommand.Blocks));
        foreach (string id in Catalog<Workload>.Ids)
        {
            Assert.Contains(GeneratedPage.Read(page, "rates"), l => l.StartsWith(id + " ", StringComparison.Ordinal));
            Assert.Contains(GeneratedPage.Read(page, "against"), l => l.StartsWith(id + " ", StringComparison.Ordinal) && l.EndsWith("same", StringComparison.Ordinal));
        }
        Assert.Contains(GeneratedPage.Read(page, "peers"), l => l.StartsWith("StressFarm / SPIN", StringComparison.Ordinal));
    }
}
