namespace StressFarm.Architecture.Tests;

/// <summary>
/// One way only. The pictures of docs/architecture.md are drawn from the same arrows; STRESSFARM_GOLDEN=write writes them anew.
/// </summary>
public class ArrowTests
{
    private static readonly (string Folder, string Assembly)[] s_projects =
    [
        ("src/StressFarm.Engine", "StressFarm.Engine"), ("src/StressFarm.Kernel", "StressFarm.Kernel"), ("src/StressFarm.Simulation", "StressFarm.Simulation"), ("src/StressFarm.Exploration", "StressFarm.Exploration"),
        ("src/StressFarm.Campaigns", "StressFarm.Campaigns"), ("src/StressFarm.Cli", "stressfarm"),
        ("grains/StressFarm.Grains.Abstractions", "StressFarm.Grains.Abstractions"), ("grains/StressFarm.Grains", "StressFarm.Grains"),
        ("src/StressFarm.Silo", "stressfarm-silo"),
    ];

    private static readonly Lazy<Arrows> s_arrows = new(() => new Arrows(
        new SourceTree(RepositoryRoot.Folder, [.. s_projects.Select(p => p.Folder)]),
        [.. s_projects.Select(p => (Path.Combine(AppContext.BaseDirectory, $"{p.Assembly}.dll"), Path.GetFileName(p.Folder)))]));

    private static bool Writes => Environment.GetEnvironmentVariable("STRESSFARM_GOLDEN") == "write";

    [Fact]
    public void The_rooms_of_the_house_are_all_seen()
    {
        string[] rooms = [.. s_arrows.Value.All.SelectMany(a => new[] { a.From, a.To }).Distinct()];
        foreach (string room in new[] { "Engine", "Kernel/Machines", "Kernel/Protocols", "Simulation/Invariants", "Exploration/Strategies", "Campaigns/Leases", "Cli/Commands", "Grains/Workers", "Silo/Stores" })
            Assert.Contains(room, rooms);
        Assert.Contains(("Kernel/Protocols", "Kernel/Ghosts"), s_arrows.Value.All);
        Assert.Contains(("Silo", "Grains"), s_arrows.Value.All);
    }

    /// <summary>Neither straight nor over others.</summary>
    [Fact]
    public void No_room_leads_back_to_itself()
    {
        string? round = Rounds.Shortest(s_arrows.Value.All);
        Assert.True(round is null, round is null ? "" : $"{round}: {Why(round)}");
    }

    [Fact]
    public void Rounds_are_found_whatever_their_length()
    {
        Assert.Equal("a → b → c → a", Rounds.Shortest([("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("d", "e")]));
        Assert.Equal("d → e → d", Rounds.Shortest([("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("d", "e"), ("e", "d")]));
        Assert.Null(Rounds.Shortest([("a", "b"), ("b", "c"), ("a", "c")]));
    }

    /// <summary>Which types draw each arrow of a round.</summary>
    private static string Why(string round)
    {
        string[] rooms = round.Split(" → ");
        return string.Join("; ", rooms.Zip(rooms.Skip(1), (from, to) => $"{from} knows {to} by {string.Join(", ", s_arrows.Value.Drawn(from, to).Take(5))}"));
    }

    /// <summary>Rooms of the simulated kernel, each above those before it.</summary>
    private static readonly string[] s_floors =
    [
        "Engine", "Kernel/Catalogs", "Kernel/Layouts", "Kernel/Policies", "Kernel/KnownBugs", "Kernel/Ghosts", "Kernel/Machines", "Kernel/Protocols",
        "Kernel/Operations", "Kernel/Workloads", "Simulation/Invariants", "Simulation",
    ];

    [Fact]
    public void The_kernels_rooms_lie_one_above_the_other()
    {
        foreach ((string from, string to) in s_arrows.Value.All)
            if (s_floors.Contains(from))
                Assert.True(Array.IndexOf(s_floors, to) is var at and >= 0 && at < Array.IndexOf(s_floors, from), $"{from} knows {to}: {string.Join(", ", s_arrows.Value.Drawn(from, to).Take(5))}");
    }

    /// <summary>Those who act know nobody who judges, and those who judge read state, not protocols' business.</summary>
    [Fact]
    public void Invariants_know_neither_operations_nor_workloads()
    {
        Assert.DoesNotContain(s_arrows.Value.All, a => a is ("Simulation/Invariants", "Kernel/Operations" or "Kernel/Workloads" or "Kernel/KnownBugs"));
    }

    [Fact]
    public void A_planted_wrong_arrow_is_found()
    {
        var tree = new SourceTree(RepositoryRoot.Folder, "tests/StressFarm.Architecture.Tests");
        var arrows = new Arrows(tree, (typeof(ArrowTests).Assembly.Location, "StressFarm.Architecture.Tests"));
        Assert.Equal("Architecture.Tests/Planted/Above → Architecture.Tests/Planted/Below → Architecture.Tests/Planted/Above", Rounds.Shortest(arrows.All));
        Assert.Contains("PlantedWord → PlantedReader", arrows.Drawn("Architecture.Tests/Planted/Below", "Architecture.Tests/Planted/Above"));
        Assert.Equal(42, PlantedWord.Reader(21).Twice);
    }

    /// <summary>One picture of the projects, and one of each project that has rooms.</summary>
    [Fact]
    public void The_pictures_are_drawn_from_the_arrows()
    {
        string file = Path.Combine(RepositoryRoot.Folder, "docs", "architecture.md");
        string page = File.ReadAllText(file);
        var pictures = new List<(string, string)> { ("projects", Picture(ProjectOf, _ => true)) };
        foreach (IGrouping<string, string> project in s_arrows.Value.Rooms.GroupBy(ProjectOf).Where(g => g.Count() > 1))
            pictures.Add((project.Key, Picture(RoomOf, a => ProjectOf(a.From) == project.Key && ProjectOf(a.To) == project.Key)));
        foreach ((string name, string picture) in pictures)
        {
            string begin = $"<!-- generated: {name} -->\n", end = "<!-- end -->";
            int at = page.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
            Assert.True(at > begin.Length, $"no place for the picture of {name}");
            string drawn = page[at..page.IndexOf(end, at, StringComparison.Ordinal)];
            if (Writes) page = page.Remove(at, drawn.Length).Insert(at, picture);
            else Assert.Equal(picture, drawn);
        }
        if (Writes) File.WriteAllText(file, page);
    }

    private static string ProjectOf(string room) => room.Split('/')[0];
    private static string RoomOf(string room) => room.IndexOf('/') is var at and >= 0 ? room[(at + 1)..] : "(root)";

    private static string Picture(Func<string, string> name, Func<(string From, string To), bool> which)
    {
        (string From, string To)[] drawn = [.. s_arrows.Value.All.Where(which).Select(a => (name(a.From), name(a.To))).Where(a => a.Item1 != a.Item2).Distinct()];
        var lines = new List<string> { "", "```mermaid", "graph BT" };
        foreach ((string from, string to) in drawn)
        {
            lines.Add($"  {Node(from)} --> {Node(to)}");
        }
        return string.Join('\n', [.. lines, "```", "", ""]);
    }

    // "Commands/Farm" and "(root)" are no names of nodes.
    private static string Node(string name) => name.All(c => char.IsLetter(c) || c == '.') ? name : $"{string.Concat(name.Where(char.IsLetter))}[\"{name}\"]";
}
