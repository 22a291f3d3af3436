namespace StressFarm.Benchmarks;

/// <summary>
/// A page of the docs with blocks that a run writes. A block is what lies between the lines <c>&lt;!-- generated: NAME --&gt;</c> and
/// <c>&lt;!-- end --&gt;</c>; everything else is left as it is.
/// </summary>
public static class GeneratedPage
{
    private const string End = "<!-- end -->";

    private static string Begin(string name) => $"<!-- generated: {name} -->";

    /// <summary>Why the blocks cannot be written there, in one sentence; null when they can.</summary>
    public static string? Missing(string file, params string[] names)
    {
        if (!File.Exists(file)) return $"there is no page {file}";
        string[] lines = File.ReadAllLines(file);
        foreach (string name in names)
        {
            int begin = Array.IndexOf(lines, Begin(name));
            if (begin < 0 || Array.IndexOf(lines, End, begin) < 0) return $"{file} has no block '{name}': the line {Begin(name)} and, below it, {End}";
        }
        return null;
    }

    /// <summary>What a block holds, without the fence of its code.</summary>
    public static string[] Read(string file, string name)
    {
        string[] lines = File.ReadAllLines(file);
        int begin = Array.IndexOf(lines, Begin(name)) + 1;
        return [.. lines[begin..Array.IndexOf(lines, End, begin)].Where(l => l.Length > 0 && l != "```")];
    }

    /// <summary>Puts the texts in the blocks' places, as code.</summary>
    /// <param name="blocks">each of which is there (<see cref="Missing"/>)</param>
    public static void Write(string file, params (string Name, string Text)[] blocks)
    {
        var lines = File.ReadAllLines(file).ToList();
        foreach ((string name, string text) in blocks)
        {
            int begin = lines.IndexOf(Begin(name)) + 1;
            lines.RemoveRange(begin, lines.IndexOf(End, begin) - begin);
            lines.InsertRange(begin, ["", "```", .. text.TrimEnd('\n').Split('\n'), "```", ""]);
        }
        File.WriteAllText(file, string.Join('\n', lines) + "\n");
    }
}
