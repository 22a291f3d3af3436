namespace StressFarm.Architecture.Tests;

/// <summary>
/// One way only: what rooms know each other both ways is listed in <c>two-way.txt</c>, a debt that may shrink and not grow. The
/// pictures of docs/architecture.md are drawn from the same arrows; STRESSFARM_GOLDEN=write writes both anew.
/// </summary>
public class ArrowTests
{
    private static readonly (string Folder, string Assembly)[] s_projects =
    [
        ("src/StressFarm.Simulation", "StressFarm.Simulation"), ("src/StressFarm.Exploration", "StressFarm.Exploration"),
        ("src/StressFarm.Campaigns", "StressFarm.Campaigns"), ("src/StressFarm.Cli", "stressfarm"),
        ("grains/StressFarm.Grains.Abstractions", "StressFarm.Grains.Abstractions"), ("grains/StressFarm.Grains", "StressFarm.Grains"),
        ("src/StressFarm.Silo", "stressfarm-silo"),
    ];

    private static readonly Lazy<Arrows> s_arrows = new(() => new Arrows(
        new SourceTree(RepositoryRoot.Folder, [.. s_projects.Select(p => p.Folder)]),
        [.. s_projects.Select(p => (Path.Combine(AppContext.BaseDirectory, $"{p.Assembly}.dll"), Path.GetFileName(p.Folder)))]));

    private static bool Writes => Environment.GetEnvironmentVariable("STRESSFARM_GOLDEN") == "write";

    [Fact]
    public void No_two_rooms_know_each_other_both_ways_but_those_listed()
    {
        string file = Path.Combine(RepositoryRoot.Folder, "tests", "StressFarm.Architecture.Tests", "two-way.txt");
        string[] now = [.. s_arrows.Value.TwoWay.Select(p => $"{p.Item1} <-> {p.Item2}")];
        if (Writes) File.WriteAllLines(file, now);
        string[] listed = File.ReadAllLines(file);
        Assert.True(!now.Except(listed).Any(), $"new both ways: {string.Join("; ", now.Except(listed).Select(Why))}");
        Assert.True(!listed.Except(now).Any(), $"one way by now, to be taken off {Path.GetFileName(file)}: {string.Join("; ", listed.Except(now))}");
    }

    [Fact]
    public void Above_the_simulation_no_way_leads_back()
    {
        HashSet<(string From, string To)> left = [.. s_arrows.Value.All.Where(a => !a.From.StartsWith("Simulation", StringComparison.Ordinal) && !a.To.StartsWith("Simulation", StringComparison.Ordinal))];
        // Whoever knows nobody any more is a ground floor; what cannot be taken away floor by floor goes round.
        while (left.RemoveWhere(a => !left.Any(b => b.From == a.To)) > 0) { }
        Assert.Empty(left);
    }

    /// <summary>Which types draw the thinner of the two arrows.</summary>
    private static string Why(string pair)
    {
        string[] rooms = pair.Split(" <-> ");
        string[] one = [.. s_arrows.Value.Drawn(rooms[0], rooms[1])], other = [.. s_arrows.Value.Drawn(rooms[1], rooms[0])];
        return $"{pair} ({string.Join(", ", (one.Length < other.Length ? one : other).Take(5))})";
    }

    [Fact]
    public void The_rooms_of_the_house_are_all_seen()
    {
        string[] rooms = [.. s_arrows.Value.All.SelectMany(a => new[] { a.From, a.To }).Distinct()];
        foreach (string room in new[] { "Simulation/Machine", "Simulation/Protocols", "Simulation/Invariants", "Exploration/Strategies", "Campaigns/Leases", "Cli/Commands", "Grains/Workers", "Silo/Stores" })
            Assert.Contains(room, rooms);
        Assert.Contains(("Simulation/Protocols", "Simulation/Ghost"), s_arrows.Value.All);
        Assert.Contains(("Silo", "Grains"), s_arrows.Value.All);
        Assert.DoesNotContain(s_arrows.Value.All, a => a.From.StartsWith("Simulation", StringComparison.Ordinal) && !a.To.StartsWith("Simulation", StringComparison.Ordinal));
    }

    [Fact]
    public void A_planted_wrong_arrow_is_found()
    {
        var tree = new SourceTree(RepositoryRoot.Folder, "tests/StressFarm.Architecture.Tests");
        var arrows = new Arrows(tree, (typeof(ArrowTests).Assembly.Location, "StressFarm.Architecture.Tests"));
        Assert.Equal(("Architecture.Tests/Planted/Above", "Architecture.Tests/Planted/Below"), Assert.Single(arrows.TwoWay));
        Assert.Contains("PlantedWord → PlantedReader", arrows.Drawn("Architecture.Tests/Planted/Below", "Architecture.Tests/Planted/Above"));
        Assert.Equal(42, PlantedWord.Reader(21).Twice);
    }

    [Fact]
    public void The_pictures_are_drawn_from_the_arrows()
    {
        string file = Path.Combine(RepositoryRoot.Folder, "docs", "architecture.md");
        string page = File.ReadAllText(file);
        foreach ((string name, string picture) in new[] { ("projects", Picture(ProjectOf, _ => true)), ("simulation", Inside("Simulation/")), ("exploration", Inside("Exploration/")), ("campaigns", Inside("Campaigns/")) })
        {
            string begin = $"<!-- generated: {name} -->\n", end = "<!-- end -->";
            int at = page.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
            string drawn = page[at..page.IndexOf(end, at, StringComparison.Ordinal)];
            if (Writes) page = page.Remove(at, drawn.Length).Insert(at, picture);
            else Assert.Equal(picture, drawn);
        }
        if (Writes) File.WriteAllText(file, page);
    }

    private static string Inside(string project) =>
        Picture(RoomOf, a => a.From.StartsWith(project, StringComparison.Ordinal) && a.To.StartsWith(project, StringComparison.Ordinal));

    private static string ProjectOf(string room) => room.Split('/')[0];
    private static string RoomOf(string room) => room.Split('/')[1];

    private static string Picture(Func<string, string> name, Func<(string From, string To), bool> which)
    {
        (string From, string To)[] drawn = [.. s_arrows.Value.All.Where(which).Select(a => (name(a.From), name(a.To))).Where(a => a.Item1 != a.Item2).Distinct()];
        var lines = new List<string> { "", "```mermaid", "graph BT" };
        foreach ((string from, string to) in drawn)
        {
            bool both = drawn.Contains((to, from));
            if (!both) lines.Add($"  {from} --> {to}");
            else if (string.CompareOrdinal(from, to) < 0) lines.Add($"  {from} <-.-> {to}");
        }
        return string.Join('\n', [.. lines, "```", "", ""]);
    }
}
