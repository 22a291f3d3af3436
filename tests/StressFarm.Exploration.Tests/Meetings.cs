using System.Numerics;
using StressFarm.Exploration.Exhaustive;

namespace StressFarm.Exploration.Tests;

/// <summary>
/// Every state of a programme, and in each the next steps of two CPUs where they meet: one writes a place that the other touches. Where two that are next meet in
/// places of one kind only, or because one invariant looks, forgetting that may part them, unless either order leads to the same state. Where that is in no state, it
/// cannot: say that a step of a set that was chosen without the kind meets a later one of another CPU. The steps before that do not meet it, so that it is still next
/// when the other one is; and if they met elsewhere too, the set would have both.
/// </summary>
internal sealed class Meetings(SearchStart start, IEnumerable<(Forgettable Kind, int Place)> places)
{
    private readonly StatePath _path = new(start);
    private readonly HashSet<UInt128> _known = [], _onPath = [];
    private readonly HashSet<Forgettable> _met = [];
    /// <summary>Kinds that two met in at once and in no other; by what they were.</summary>
    private readonly HashSet<Forgettable> _alone = [];
    private readonly HashSet<Invariant> _asked = [];
    private bool _waits, _loops;
    private Forgettable?[] _kinds = [];

    /// <param name="Looks">what the judge looked at on account of the step: whom it asked, the places</param>
    private sealed record Touched(int Stepper, int Cpu, int[] Reads, int[] Writes, List<(Invariant? By, int[] Places)> Looks);

    public void Search()
    {
        Machine machine = start.Machine;
        if (!_path.Begin()) return;
        _kinds = new Forgettable?[machine.SearchLog!.Places];
        foreach ((Forgettable kind, int place) in places) _kinds[place] = kind;
        StepLog log = machine.SearchLog;
        _forgets = log.Forgets = new Forgetting(log.Places);
        machine.Judge.Forgets = i =>
        {
            if (i is not null) _asked.Add(i);
            _looks.Add((i, _forgets.LeftOut.Count));
            return true;
        };
        Visit();
        log.Forgets = null;
        machine.Judge.Forgets = null;
    }

    private Forgetting _forgets = null!;
    /// <summary>Of the step under way: who looks from which entry of what is left out on.</summary>
    private readonly List<(Invariant? By, int From)> _looks = [];

    private List<(Invariant?, int[])> Looks()
    {
        var looks = new List<(Invariant?, int[])>();
        for (int i = 0; i < _looks.Count; i++)
        {
            int end = i + 1 < _looks.Count ? _looks[i + 1].From : _forgets.LeftOut.Count;
            if (end > _looks[i].From) looks.Add((_looks[i].By, [.. _forgets.LeftOut.Take(_looks[i].From..end).Distinct()]));
        }
        return looks;
    }

    private void Visit()
    {
        UInt128 key = _path.Key;
        if (_onPath.Contains(key)) _loops = true;
        if (!_known.Add(key)) return;
        _onPath.Add(key);
        int depth = _path.Depth;
        var next = new List<Touched>();
        Machine machine = _path.Machine;
        for (int cpu = 0; cpu < _path.Cpus; cpu++) _waits |= !machine.Cpus[cpu].Finished && (_path.Runnable >> cpu & 1) == 0;
        for (uint rest = _path.Runnable; rest != 0; rest &= rest - 1)
        {
            int stepper = BitOperations.TrailingZeroCount(rest);
            _looks.Clear();
            _forgets.LeftOut.Clear();
            _path.Step(stepper);
            StepLog log = machine.SearchLog!;
            next.Add(new(stepper, stepper < StepMachine.FirstUnit ? stepper : (stepper - StepMachine.FirstUnit) / 2, log.Reads.ToArray(), log.Writes.ToArray(), Looks()));
            if (_path.Violation is null) Visit();
            _path.Back(depth);
        }
        for (int i = 0; i < next.Count; i++)
            for (int j = 0; j < i; j++)
                if (next[i].Cpu != next[j].Cpu) Meet(next[i], next[j]);
        _onPath.Remove(key);
    }

    private void Meet(Touched one, Touched other)
    {
        IEnumerable<int> places = one.Writes.Intersect(other.Writes.Concat(other.Reads)).Concat(other.Writes.Intersect(one.Reads));
        Forgettable[] kinds = [.. places.Select(place => _kinds[place]).OfType<Forgettable>().Distinct()];
        _met.UnionWith(kinds);
        Looked[] looked = [.. Disturbed(one, other).Concat(Disturbed(other, one)).Distinct()];
        if (kinds.Length == 0 && looked.Length == 1) _aloneLooking.Add(looked[0].By ?? (object)Forgettable.Whom);
        // A place that is looked at is of a kind as well.
        kinds = [.. kinds.Concat(looked.SelectMany(l => l.Kinds)).Distinct()];
        _met.UnionWith(kinds);
        if (kinds.Length == 0) return;
        if (kinds.Length == 1 && !_alone.Contains(kinds[0]) && !Commute(one, other)) _alone.Add(kinds[0]);
        if (kinds.All(k => k.Group == kinds[0].Group)) _alone.Add(new(Forgettable.Groups, kinds[0].Group));
        if (kinds.All(k => k.Group == Forgettable.Cells && Forgettable.IsLock(k.Name))) _alone.Add(new(Forgettable.Groups, Forgettable.Locks));
    }

    /// <summary>Either order leads to the same state.</summary>
    private bool Commute(Touched one, Touched other) => After(one, other) is { } key && After(other, one) == key;

    private UInt128? After(Touched first, Touched second)
    {
        int depth = _path.Depth;
        _path.Step(first.Stepper);
        UInt128? key = null;
        if ((_path.Runnable >> second.Stepper & 1) != 0)
        {
            _path.Step(second.Stepper);
            if (_path.Violation is null) key = _path.Key;
        }
        _path.Back(depth);
        return key;
    }

    private sealed record Looked(Invariant? By, Forgettable[] Kinds)
    {
        public bool Equals(Looked? other) => other is not null && ReferenceEquals(By, other.By);
        public override int GetHashCode() => By?.GetHashCode() ?? 0;
    }

    /// <summary>Who looks on account of the one at what the other writes.</summary>
    private IEnumerable<Looked> Disturbed(Touched one, Touched other)
    {
        foreach (var by in one.Looks.GroupBy(l => l.By))
        {
            int[] places = [.. by.SelectMany(l => l.Places).Intersect(other.Writes)];
            if (places.Length > 0) yield return new(by.Key, [.. places.Select(place => _kinds[place]).OfType<Forgettable>().Distinct()]);
        }
    }

    private readonly HashSet<object> _aloneLooking = [];

    /// <summary>It is about something that was there.</summary>
    public bool Met(Forgettable what, SearchResult all) => what.Invariant is { } invariant ? _asked.Contains(invariant)
        : what.Group == Forgettable.Groups || _met.Contains(what) || Alone(what, all);

    /// <summary>Something comes between the next steps of two CPUs that nothing else does.</summary>
    public bool Alone(Forgettable what, SearchResult all) => what.Invariant is { } invariant ? _aloneLooking.Contains(invariant) : what.Name switch
    {
        Forgettable.Whom => _aloneLooking.Contains(Forgettable.Whom),
        Forgettable.Violations => all.Flaws.Count > 0,
        Forgettable.Shown => start.Machine.MemoryModel != MemoryModel.Sc,
        Forgettable.Waits => _waits,
        Forgettable.Path => _loops,
        _ => _alone.Contains(what),
    };

    /// <summary>Forgetting it may make a difference: what an invariant looks at decides nothing but what it says.</summary>
    public static bool Matters(Forgettable what, SearchResult all) =>
        what.Invariant is { } invariant ? KeepsSomething(invariant) || all.Flaws.Keys.Any(f => f.Invariant == invariant.Id) : what.Name != Forgettable.Whom || all.Flaws.Count > 0;

    /// <summary>The one that puts what it finds aside, to be told at rest.</summary>
    private static bool KeepsSomething(Invariant invariant) => invariant is FolioLockHasAHolder;
}
