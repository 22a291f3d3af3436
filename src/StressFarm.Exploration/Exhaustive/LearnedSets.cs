using System.Numerics;

namespace StressFarm.Exploration.Exhaustive;

/// <summary>
/// Which CPUs are enough to go on with from a state: a persistent set. What a CPU may still touch is learned from what its steps touched, in memory, in
/// the ghost and in the machine's tables, and what the judge looked at on their account; see <see cref="EveryState"/>.
/// </summary>
internal sealed class LearnedSets(Machine machine, int cpus)
{
    private readonly Dictionary<UInt128, Local>[] _known = [.. Enumerable.Range(0, cpus).Select(_ => new Dictionary<UInt128, Local>())];
    /// <summary>In the order in which they were met: from later ones to earlier is the shorter way to gather.</summary>
    private readonly List<Local> _all = [];
    /// <summary>By place: its number among those that were touched, and one. Sets stay small.</summary>
    private readonly int[] _numbers = new int[machine.SearchLog!.Places];
    private int _numbered;

    /// <summary>Something was learned since the last <see cref="Gather"/>.</summary>
    public bool HasLearned { get; private set; }
    private bool _learnedSinceGathered;
    public long Bytes { get; private set; }
    /// <summary>For tests: who waits for a lock does not touch it.</summary>
    public bool ForgetsWaits { get; init; }

    /// <summary>Where a CPU is.</summary>
    public Local Find(int cpu, UInt128 key)
    {
        if (_known[cpu].TryGetValue(key, out Local? local)) return local;
        _known[cpu][key] = local = new Local();
        _all.Add(local);
        HasLearned = _learnedSinceGathered = true;
        // Whoever waits for a lock touches it, though it cannot step until it is free.
        ref Access named = ref machine.Cpus[cpu].Pending;
        if (!ForgetsWaits && named.Kind == AccessKind.Lock && !machine.Cpus[cpu].Finished)
            for (int half = named.Location * 2; half <= named.Location * 2 + 1; half++)
            {
                if (!machine.SearchLog!.Knows(half)) continue;
                local.NextReads.Add(Number(half));
                local.NextWrites.Add(Number(half));
            }
        return local;
    }

    /// <summary>A step was taken from <paramref name="from"/>: what it touched.</summary>
    public void Learn(Local from)
    {
        StepLog log = machine.SearchLog!;
        bool more = false;
        foreach (int place in log.Reads) more |= from.NextReads.Add(Number(place));
        foreach (int place in log.Writes) more |= from.NextWrites.Add(Number(place));
        if (more) HasLearned = _learnedSinceGathered = true;
    }

    /// <summary>A step led a CPU from one place to another.</summary>
    public void Learn(Local from, Local to)
    {
        if (from.Leads(to)) HasLearned = _learnedSinceGathered = true;
    }

    /// <summary>A pass is over: what may come later, from what comes next.</summary>
    public void Gather()
    {
        GatherEarly();
        HasLearned = false;
    }

    /// <summary>In the middle of a pass, which is not the last one then.</summary>
    public void GatherEarly()
    {
        if (!_learnedSinceGathered) return;
        _learnedSinceGathered = false;
        for (bool more = true; more;)
        {
            more = false;
            for (int i = _all.Count - 1; i >= 0; i--) more |= _all[i].Gather();
        }
        Bytes = _numbers.Length * sizeof(int) + _all.Sum(l => l.Bytes + 64);
    }

    private int Number(int place)
    {
        ref int number = ref _numbers[place];
        if (number == 0) number = ++_numbered;
        return number - 1;
    }

    /// <summary>
    /// The smallest set that is found, as a mask of CPUs: one that can step, those whose steps its next one may meet, those that theirs may meet, and so on. All that can step, where
    /// one of them waits.
    /// </summary>
    /// <param name="enabled">CPUs that can step, they or a unit of theirs</param>
    /// <param name="first">the CPU to begin with, where it can step</param>
    public uint Choose(ReadOnlySpan<Local> at, uint enabled, int first)
    {
        uint best = enabled;
        int size = BitOperations.PopCount(enabled);
        for (int turn = 0; turn < at.Length && size > 1; turn++)
        {
            int cpu = (first + turn) % at.Length;
            if ((enabled >> cpu & 1) == 0) continue;
            uint set = Closed(at, enabled, cpu, size);
            if (set == 0) continue;
            best = set;
            size = BitOperations.PopCount(set);
        }
        return best;
    }

    /// <summary>The set that begins with a CPU; 0 where it is no smaller than what is known, or needs one that waits.</summary>
    private static uint Closed(ReadOnlySpan<Local> at, uint enabled, int first, int size)
    {
        uint set = 1u << first;
        for (uint todo = set; todo != 0; todo &= todo - 1)
        {
            Local next = at[BitOperations.TrailingZeroCount(todo)];
            for (int other = 0; other < at.Length; other++)
            {
                if ((set >> other & 1) != 0 || !next.Disturbs(at[other])) continue;
                if ((enabled >> other & 1) == 0) return 0;
                set |= 1u << other;
                todo |= 1u << other;
                if (BitOperations.PopCount(set) >= size) return 0;
            }
        }
        return set;
    }
}
