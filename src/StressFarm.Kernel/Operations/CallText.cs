namespace StressFarm.Kernel.Operations;

/// <summary>
/// A call as text: the operation's id and its arguments by name, <c>zap_pte_range mm=0 slot=4 count=1</c>. Ids may have blanks
/// in them, but no <c>=</c>: the arguments begin with the first word that has one.
/// </summary>
public static class CallText
{
    public static string Format(OpCall call) =>
        string.Join(' ', call.Operation.Parameters.Select(p => $"{p.Name}={p.Domain.Format(call[p])}").Prepend(call.Operation.Id));

    /// <summary>Arguments in any order; what is not said is what it usually is.</summary>
    /// <param name="arena">where values are to lie in the domains of; null asks for no more than values that can be read</param>
    /// <param name="error">one line, empty when there is a call</param>
    public static OpCall? TryParse(string text, Arena? arena, out string error)
    {
        string[] words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        int first = Array.FindIndex(words, w => w.Contains('=', StringComparison.Ordinal));
        if (first < 0) first = words.Length;
        string id = string.Join(' ', words.Take(first));
        if (Catalog<Operation>.Find(id) is not { } operation)
        {
            error = $"unknown operation '{id}' in '{text}': write one of {Near(id)}";
            return null;
        }
        return TryParse(operation, words.AsSpan(first), arena, out error);
    }

    /// <param name="words">name=value each</param>
    private static OpCall? TryParse(Operation operation, ReadOnlySpan<string> words, Arena? arena, out string error)
    {
        IReadOnlyList<Parameter> parameters = operation.Parameters;
        Span<int> values = stackalloc int[OpCall.Capacity];
        values.Clear();
        foreach (Parameter parameter in parameters) values[parameter.Index] = parameter.Usual;
        int given = 0;
        foreach (string word in words)
        {
            int equals = word.IndexOf('=', StringComparison.Ordinal);
            Parameter? parameter = equals < 0 ? null : parameters.FirstOrDefault(p => p.Name == word[..equals]);
            error = parameter is null ? $"'{word}' of {operation.Id} is no argument: {Taken(parameters)}"
                : (given >> parameter.Index & 1) != 0 ? $"'{word}' of {operation.Id} comes after another {parameter.Name}=: write one of them"
                : !parameter.Domain.TryParse(word[(equals + 1)..], out values[parameter.Index]) ? $"'{word}' of {operation.Id} is no {parameter.Domain.Name}: it takes {parameter.Domain.Extent}"
                : arena is { } there && !parameter.Domain.In(there).Contains(values[parameter.Index]) ? $"'{word}' of {operation.Id} is out of range: {parameter.Domain.Choices(there)}"
                : "";
            if (parameter is null || error.Length != 0) return null;
            given |= 1 << parameter.Index;
        }
        error = "";
        return new OpCall(operation, values[0], values[1], values[2], values[3], values[4], values[5]);
    }

    private static string Taken(IReadOnlyList<Parameter> parameters) =>
        parameters.Count == 0 ? "it takes none" : $"it takes {string.Join(", ", parameters.Select(p => $"{p.Name}="))}";

    /// <summary>The operations that begin alike, or those that it takes the fewest slips to mistake.</summary>
    private static string Near(string id)
    {
        string[] near = [.. Catalog<Operation>.Ids.Where(o => id.Length > 2 && o.StartsWith(id[..3], StringComparison.OrdinalIgnoreCase))];
        if (near.Length == 0) near = [.. Catalog<Operation>.Ids.OrderBy(o => Slips(id, o)).Take(NearIds)];
        return string.Join(", ", near);
    }

    private const int NearIds = 4, LongestId = 60;

    /// <summary>Letters to put in, leave out or change, to come from one word to the other.</summary>
    private static int Slips(string from, string to)
    {
        if (from.Length > LongestId) return from.Length;
        int[] row = [.. Enumerable.Range(0, to.Length + 1)];
        for (int i = 0; i < from.Length; i++)
        {
            int corner = row[0]++;
            for (int j = 0; j < to.Length; j++)
            {
                int changed = corner + (char.ToLowerInvariant(from[i]) == char.ToLowerInvariant(to[j]) ? 0 : 1);
                corner = row[j + 1];
                row[j + 1] = Math.Min(changed, Math.Min(row[j], corner) + 1);
            }
        }
        return row[^1];
    }
}
