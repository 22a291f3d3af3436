namespace StressFarm.Exploration.Tests;

/// <summary>docs/exhaustive.md says of each thing that a search goes by where it is missed, or why nowhere. Rewritten with STRESSFARM_GOLDEN=write, as golden files are.</summary>
public class ForgottenTableTests
{
    private const string Begin = "<!-- generated: forgotten -->\n", End = "<!-- end -->";

    private static readonly string s_file = Path.Combine(RepositoryRoot.Folder, "docs", "exhaustive.md");

    [Fact]
    public void Golden_the_table_says_of_each_thing_where_it_is_missed_or_why_not()
    {
        string now = Table(), page = File.ReadAllText(s_file);
        int at = page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        string there = page[at..page.IndexOf(End, at, StringComparison.Ordinal)];
        if (Environment.GetEnvironmentVariable("STRESSFARM_GOLDEN") == "write") File.WriteAllText(s_file, page.Remove(at, there.Length).Insert(at, now));
        else Assert.Equal(now, there);
    }

    [Fact]
    public void None_is_unexplained() =>
        Assert.Empty(Rows().Where(r => r.Outcome.Caught == 0 && ForgottenReasons.Of(r.What, r.Outcome) is null).Select(r => $"{r.What.Group} {r.What.Name}"));

    private static IEnumerable<(Forgettable What, ForgottenReadTests.Outcome Outcome)> Rows()
    {
        foreach ((string name, ForgottenReadTests.Outcome outcome) in ForgottenReadTests.Golden())
        {
            string[] parts = name.Split('|');
            yield return (new Forgettable(parts[0], parts[1]) { Invariant = parts[0] == Forgettable.Invariants ? Catalog<Invariant>.Find(parts[1]) : null }, outcome);
        }
    }

    private static string Table()
    {
        var rows = Rows().ToList();
        var caught = rows.Where(r => r.Outcome.Caught > 0).Select(r => $"| {NameOf(r.What)} | {r.Outcome.Caught} of {r.Outcome.Tried} | {SmallProgrammes.NameOf(r.Outcome.Key)} |");
        var not = rows.Where(r => r.Outcome.Caught == 0).GroupBy(r => ForgottenReasons.Of(r.What, r.Outcome) ?? "?")
            .Select(g => $"| {g.Key} | {string.Join(", ", g.Select(r => Counted(r.What, r.Outcome)))} |");
        return $"\n| Forgotten | Missed in | The smallest: seed, number, size |\n|---|---|---|\n{string.Join('\n', caught)}\n\n| Not missed, because | Forgotten |\n|---|---|\n{string.Join('\n', not)}\n\n";
    }

    private static string NameOf(Forgettable what) => what.Group is Forgettable.Rules || what.Name == Forgettable.Whom ? what.Name
        : what.Group == Forgettable.Groups ? $"{what.Group} {what.Name}" : what.Group is Forgettable.Invariants or Forgettable.Cells ? $"`{what.Name}`" : $"{what.Group} `{what.Name}`";

    private static string Counted(Forgettable what, ForgottenReadTests.Outcome outcome) => outcome.Alone > 0 ? $"{NameOf(what)} ({outcome.Alone})" : NameOf(what);
}
