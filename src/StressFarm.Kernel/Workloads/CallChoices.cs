namespace StressFarm.Kernel.Workloads;

/// <summary>
/// Calls, one after the other, some of whose arguments have several values: <c>folio_split mm=0 slot=0/3 order=0/1</c> stands for four calls,
/// and calls with a <c>;</c> between them for all their combinations.
/// </summary>
internal static class CallChoices
{
    private const char OrElse = '/', Then = ';';

    /// <summary>In the order in which the values are written, the last argument changing fastest.</summary>
    /// <exception cref="FormatException">there is no such call on this arena</exception>
    public static IEnumerable<OpCall[]> Parse(string text, Arena arena)
    {
        IEnumerable<OpCall[]> lists = [[]];
        foreach (string call in text.Split(Then, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            OpCall[] calls = [.. Written(call).Select(c => Read(c, arena))];
            lists = lists.SelectMany(list => calls.Select(c => (OpCall[])[.. list, c]));
        }
        return lists;
    }

    public static string Format(IEnumerable<OpCall> calls) => string.Join($"{Then} ", calls);

    private static IEnumerable<string> Written(string call)
    {
        IEnumerable<string> texts = [""];
        foreach (string word in call.Split(' '))
        {
            int value = word.IndexOf('=', StringComparison.Ordinal) + 1;
            string[] words = value == 0 ? [word] : [.. word[value..].Split(OrElse).Select(v => word[..value] + v)];
            texts = texts.SelectMany(text => words.Select(w => $"{text} {w}"));
        }
        return texts;
    }

    private static OpCall Read(string call, Arena arena) => CallText.TryParse(call, arena, out string error) ?? throw new FormatException(error);
}
