namespace StressFarm.Cli.Output;

/// <summary>A line of a list.</summary>
/// <param name="More">further fields, by name</param>
internal sealed record ListItem(string Id, string Summary, params IReadOnlyList<(string Name, string Value)> More)
{
    /// <summary>All of it by name, in the order that it is written in.</summary>
    public IReadOnlyDictionary<string, string> Fields
    {
        get
        {
            var fields = new OrderedDictionary<string, string> { ["id"] = Id, ["summary"] = Summary };
            foreach (var (name, value) in More) fields[name] = value;
            return fields;
        }
    }
}
