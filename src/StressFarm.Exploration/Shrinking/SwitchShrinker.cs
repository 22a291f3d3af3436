namespace StressFarm.Exploration.Shrinking;

/// <summary>
/// Merges the runs of each CPU. Yields each accepted reproducer: fewer switches and no more steps, or as many switches and
/// fewer steps.
/// </summary>
internal sealed class SwitchShrinker(ShrinkTrials trials)
{
    private const int InitialSearches = 60;

    public IEnumerable<Reproducer> Shrink(Reproducer best)
    {
        // Merged schedules are unfair: where liveness is at stake they would prove nothing.
        if (best.Scenario.Fair) yield break;
        for (int i = 0; i < InitialSearches && !trials.Spent; i += ShrinkTrials.Searches)
            if (Better(best, trials.Search(best.Scenario, best.Length)) is { } found) yield return best = found;
        for (int window = best.Length; window >= 8 && !trials.Spent; window /= 2)
            for (int first = 0; first < best.Length; first += Math.Max(1, window / 2))
                foreach (bool descending in new[] { false, true })
                    if (Better(best, Grouped(best, first, window, descending)) is { } next) yield return best = next;
        bool improved = true;
        while (improved && !trials.Spent)
        {
            improved = false;
            for (int i = 0; i < Runs(best).Count; i++)
                for (int kind = 0; kind < 4; kind++)
                {
                    if (Better(best, Edited(best, i, kind)) is not { } next) continue;
                    yield return best = next;
                    improved = true;
                    if (i >= Runs(best).Count) break;
                }
        }
    }

    private static Reproducer? Better(Reproducer best, Reproducer? next) => next is not null
        && next.Length <= best.Length && next.Switches <= best.Switches
        && (next.Length < best.Length || next.Switches < best.Switches) ? next : null;

    /// <summary>A window of the choices with each CPU's steps together.</summary>
    private Reproducer? Grouped(Reproducer best, int first, int window, bool descending)
    {
        IReadOnlyList<byte> choices = best.Scenario.Choices;
        int end = Math.Min(first + window, choices.Count);
        IEnumerable<byte> middle = choices.Skip(first).Take(end - first);
        middle = descending ? middle.OrderDescending() : middle.Order();
        byte[] candidate = [.. choices.Take(first), .. middle, .. choices.Skip(end)];
        return candidate.SequenceEqual(choices) ? null : trials.Run(best.Scenario with { Choices = candidate });
    }

    private static List<(byte Cpu, int Count)> Runs(Reproducer best)
    {
        var runs = new List<(byte Cpu, int Count)>();
        foreach (byte cpu in best.Scenario.Choices)
        {
            if (runs.Count > 0 && runs[^1].Cpu == cpu) runs[^1] = (cpu, runs[^1].Count + 1);
            else runs.Add((cpu, 1));
        }
        return runs;
    }

    /// <summary>One run taken out, taken half out, joined to its CPU's run before, or to the one after.</summary>
    private Reproducer? Edited(Reproducer best, int i, int kind)
    {
        List<(byte Cpu, int Count)> runs = Runs(best);
        if (i >= runs.Count) return null;
        (byte cpu, int count) = runs[i];
        int other = kind switch
        {
            2 => runs.FindLastIndex(Math.Max(0, i - 1), r => r.Cpu == cpu),
            3 => i + 1 < runs.Count ? runs.FindIndex(i + 1, r => r.Cpu == cpu) : -1,
            _ => i,
        };
        if (other < 0 || (kind == 2 && i == 0) || (kind == 1 && count < 2)) return null;
        if (kind >= 2) runs[other] = (cpu, runs[other].Count + count);
        if (kind == 1) runs[i] = (cpu, count / 2);
        else runs.RemoveAt(i);
        var choices = new List<byte>(best.Length);
        foreach ((byte c, int n) in runs) choices.AddRange(Enumerable.Repeat(c, n));
        return trials.Run(best.Scenario with { Choices = choices });
    }
}
