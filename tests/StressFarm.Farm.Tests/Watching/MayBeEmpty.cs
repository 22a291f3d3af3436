namespace StressFarm.Farm.Tests.Watching;

/// <summary>
/// Queries that have no answer in the test, each with its reason; lines of <c>may-be-empty.txt</c>: <c>what | is | why</c> for one that
/// is empty every time, <c>what | may | why</c> for one that depends on the moment.
/// </summary>
internal sealed class MayBeEmpty
{
    private readonly Dictionary<string, bool> _always;

    private MayBeEmpty(Dictionary<string, bool> always) => _always = always;

    public static MayBeEmpty Read(string text)
    {
        var entries = new Dictionary<string, bool>();
        foreach (string line in text.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0 && l[0] != '#'))
        {
            string[] parts = line.Split(" | ", 3, StringSplitOptions.TrimEntries);
            if (parts is not [_, "is" or "may", { Length: > 10 }]) throw new FormatException($"not 'what | is or may | why': {line}");
            entries.Add(parts[0], parts[1] == "is");
        }
        return new(entries);
    }

    /// <summary>What does not agree with the list: empty and not in it, in it and not empty, in it and no query at all.</summary>
    public IReadOnlyList<string> Disagreements(IReadOnlyCollection<string> asked, IReadOnlySet<string> empty) =>
    [
        .. asked.Where(a => empty.Contains(a) && !_always.ContainsKey(a)).Select(a => $"has no data: {a}"),
        .. asked.Where(a => !empty.Contains(a) && _always.GetValueOrDefault(a)).Select(a => $"has data, and is listed as empty: {a}"),
        .. _always.Keys.Where(k => !asked.Contains(k)).Select(k => $"is listed and is no query: {k}"),
    ];
}
