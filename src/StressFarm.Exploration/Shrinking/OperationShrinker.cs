using StressFarm.Exploration.Replays;

namespace StressFarm.Exploration.Shrinking;

/// <summary>Takes threads and operations out of a failing programme. Yields each accepted reproducer.</summary>
internal sealed class OperationShrinker(ScenarioRunner runner, ShrinkTrials trials)
{
    /// <summary>Whole CPUs, the highest first.</summary>
    public IEnumerable<Reproducer> Threads(Reproducer best)
    {
        for (int list = ProgrammeEdits.Lists - 1; list >= 1; list--)
        {
            List<(int List, int Index)> all = [.. Left(best).Where(o => o.List == list)];
            if (all.Count == 0 || Without(best, all) is not { } next) continue;
            best = next;
            yield return best;
        }
    }

    /// <summary>Delta debugging over what is left: chunks of half of it, of a quarter, …, single ones; the set-up's come last.</summary>
    public IEnumerable<Reproducer> Operations(Reproducer best)
    {
        for (int chunk = Math.Max(1, Left(best).Count / 2); ; chunk /= 2)
        {
            for (int first = 0; first < Left(best).Count && !trials.Spent;)
            {
                if (Without(best, Left(best).GetRange(first, Math.Min(chunk, Left(best).Count - first))) is { } next)
                {
                    best = next;
                    yield return best;
                }
                else
                {
                    first += chunk;
                }
            }
            if (chunk == 1) yield break;
        }
    }

    /// <summary>The reproducer less these operations: with its choices projected, else with another schedule.</summary>
    private Reproducer? Without(Reproducer best, List<(int List, int Index)> removed)
    {
        Scenario whole = best.Scenario;
        var scenario = whole with { Edits = whole.Edits.With(removed), Choices = Project(best, removed) };
        Reproducer? guided = trials.Run(scenario);
        return guided is not null && guided.Length <= best.Length ? guided : trials.Search(scenario, best.Length);
    }

    /// <summary>The choices without the steps of the operations that go.</summary>
    private List<byte> Project(Reproducer best, List<(int List, int Index)> removed)
    {
        var gone = removed.ToHashSet();
        List<int>[] original = Originals(best);
        var choices = new List<byte>(best.Length);
        for (int i = 0; i < best.Length; i++)
        {
            if (best.Scenario.Choices[i] >= Machine.FirstUnit)
            {
                // A store that is let out: passed over when it is there no more.
                choices.Add(best.Scenario.Choices[i]);
                continue;
            }
            int list = best.Scenario.Choices[i] + 1, operation = best.OperationOf[i];
            if (operation >= original[list].Count || !gone.Contains((list, original[list][operation])))
                choices.Add(best.Scenario.Choices[i]);
        }
        return choices;
    }

    /// <summary>What is left: CPUs first, each in order, then the set-up; numbered as composed.</summary>
    private List<(int List, int Index)> Left(Reproducer best)
    {
        List<int>[] original = Originals(best);
        var left = new List<(int, int)>();
        for (int list = 1; list <= ProgrammeEdits.Lists; list++)
            foreach (int index in original[list % ProgrammeEdits.Lists]) left.Add((list % ProgrammeEdits.Lists, index));
        return left;
    }

    /// <summary>For each list of the edited programme, its operations' numbers as composed.</summary>
    private List<int>[] Originals(Reproducer best)
    {
        Cell cell = best.Scenario.Cell;
        Programme programme = runner.Programme;
        programme.Compose(cell.Workload, cell.Geometry, best.Scenario.Seed, cell.FixedParameters);
        var removed = best.Scenario.Edits.Removed.ToHashSet();
        var original = new List<int>[ProgrammeEdits.Lists];
        for (int list = 0; list < original.Length; list++)
        {
            original[list] = [];
            for (int i = 0; i < ProgrammeEdits.ListOf(programme, list).Count; i++)
                if (!removed.Contains((list, i))) original[list].Add(i);
        }
        return original;
    }
}
