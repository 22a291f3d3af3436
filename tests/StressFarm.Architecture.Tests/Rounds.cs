namespace StressFarm.Architecture.Tests;

/// <summary>Rounds in a graph of arrows.</summary>
internal static class Rounds
{
    /// <summary>A shortest way from a room over others back to it, in words; null when there is none.</summary>
    public static string? Shortest(IReadOnlyCollection<(string From, string To)> arrows)
    {
        ILookup<string, string> next = arrows.ToLookup(a => a.From, a => a.To, StringComparer.Ordinal);
        List<string>? best = null;
        foreach (string start in arrows.Select(a => a.From).Distinct().Order(StringComparer.Ordinal))
        {
            List<string>? round = From(start, next);
            if (round is not null && (best is null || round.Count < best.Count)) best = round;
        }
        return best is null ? null : string.Join(" → ", best);
    }

    /// <summary>Breadth first, so that the first way back is a shortest.</summary>
    private static List<string>? From(string start, ILookup<string, string> next)
    {
        var before = new Dictionary<string, string>(StringComparer.Ordinal);
        var open = new Queue<string>([start]);
        while (open.TryDequeue(out string? at))
            foreach (string to in next[at])
            {
                if (to != start && !before.TryAdd(to, at)) continue;
                if (to != start)
                {
                    open.Enqueue(to);
                    continue;
                }
                var round = new List<string> { start };
                for (string room = at; room != start; room = before[room]) round.Insert(0, room);
                round.Insert(0, start);
                return round;
            }
        return null;
    }
}
