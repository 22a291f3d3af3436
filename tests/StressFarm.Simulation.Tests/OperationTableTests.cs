namespace StressFarm.Simulation.Tests;

/// <summary>docs/programmes.md has all operations, as they declare themselves. Rewritten with STRESSFARM_GOLDEN=write, as golden files are.</summary>
public class OperationTableTests
{
    private static string File => Path.Combine(Root(), "docs", "programmes.md");

    [Theory]
    [InlineData("operations")]
    [InlineData("domains")]
    public void Golden_the_table_is_that_of_the_catalogue(string name)
    {
        string begin = $"<!-- generated: {name} -->\n", end = "<!-- end -->";
        string now = name == "operations" ? Operations() : Domains(), page = System.IO.File.ReadAllText(File);
        int at = page.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        string there = page[at..page.IndexOf(end, at, StringComparison.Ordinal)];
        if (Environment.GetEnvironmentVariable("STRESSFARM_GOLDEN") == "write") System.IO.File.WriteAllText(File, page.Remove(at, there.Length).Insert(at, now));
        else Assert.Equal(now, there);
    }

    private static string Operations() =>
        Table("| operation | | takes |", Catalog<Operation>.All.Select(o => $"| `{o.Id}` | {o.Summary} | {string.Join("<br>", o.Parameters.Select(Takes))} |"));

    private static string Takes(Parameter parameter)
    {
        string kind = parameter.Domain.Name == parameter.Name ? "" : $" {KindOf(parameter.Domain)}";
        string meaning = parameter.Meaning.Length == 0 ? "" : $": {parameter.Meaning}";
        return $"`{parameter.Name}={parameter.Domain.Format(parameter.Usual)}`{kind}{meaning}";
    }

    /// <summary>What is one operation's own says here what it may be.</summary>
    private static string KindOf(Domain domain) => domain.Name == "number" ? domain.Extent : domain.Name;

    private static string Domains() =>
        Table("| kind | values |", Catalog<Operation>.All.SelectMany(o => o.Parameters).Select(p => p.Domain).DistinctBy(d => (d.Name, d.Extent))
            .Where(d => d.Name != "number").OrderBy(d => d.Name, StringComparer.Ordinal).Select(d => $"| {d.Name} | {d.Extent} |"));

    private static string Table(string head, IEnumerable<string> rows) =>
        $"\n{head}\n|{string.Concat(Enumerable.Repeat("---|", head.Split('|').Length - 2))}\n{string.Join('\n', rows.Select(r => r.Replace("|none", "\\|none", StringComparison.Ordinal)))}\n\n";

    private static string Root()
    {
        string? at = AppContext.BaseDirectory;
        while (at is not null && !System.IO.File.Exists(Path.Combine(at, "StressFarm.sln"))) at = Path.GetDirectoryName(at);
        return at ?? throw new InvalidOperationException("the tests must run inside the source tree");
    }
}
