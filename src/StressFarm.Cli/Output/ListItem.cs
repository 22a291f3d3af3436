namespace StressFarm.Cli.Output;

/// <summary>A line of a list.</summary>
/// <param name="More">further fields, by name</param>
internal sealed record ListItem(string Id, string Summary, params IReadOnlyList<(string Name, string Value)> More);
