using System.Runtime.CompilerServices;

namespace StressFarm.Exploration.Feedback;

/// <summary>
/// Notes the species that schedules show. A species is an ordered pair of accesses: two consecutive ones to the same word from
/// two CPUs, at least one of which writes, known by operation, step and the word's field class, wherever in memory it happened.
/// The set of species of a schedule is its timeline (Fest, NSDI 2026). A pure function of the steps taken; nothing is
/// allocated per schedule, and what the last schedule left behind is told by its number instead of being cleared.
/// </summary>
public sealed class Timelines
{
    /// <summary>Places in the map. Two species may share one: then the second to come is not seen to be new.</summary>
    public const int Places = 1 << 16;
    /// <summary>Bytes of the map, one bit a place.</summary>
    public const int MapBytes = Places / 8;

    private const int CpuShift = 32, WritesShift = 35, NumberShift = 36;
    private const ulong LastNumber = (1UL << (64 - NumberShift)) - 1;

    /// <summary>Per word its last access in a schedule: number of the schedule, whether it wrote, CPU, name.</summary>
    private readonly ulong[] _last;
    private readonly byte[] _map = new byte[MapBytes];
    private readonly ushort[] _fresh = new ushort[Places];
    private readonly FieldClasses _fields;
    private readonly uint[] _steps = StepNames();
    private readonly Dictionary<EntryPoint, uint> _names = [];
    private readonly EntryPoint?[] _operation = new EntryPoint?[Geometry.CpuLimit];
    private readonly uint[] _name = new uint[Geometry.CpuLimit];
    private int _freshCount;
    private ulong _number;

    public Timelines(Machine machine)
    {
        _last = new ulong[machine.Memory.WordCount];
        _fields = new FieldClasses(machine);
    }

    /// <summary>Places that were seen for the first time in the schedule under way, in the order of the schedule.</summary>
    public ReadOnlySpan<ushort> Fresh => _fresh.AsSpan(0, _freshCount);

    /// <summary>Forgets what was seen, except this.</summary>
    /// <param name="map">as many bytes as a map has, or none for an empty one</param>
    public void Restart(ReadOnlySpan<byte> map)
    {
        Array.Clear(_map);
        map.CopyTo(_map);
        _freshCount = 0;
    }

    /// <summary>A new schedule: no word has been accessed in it.</summary>
    public void Begin()
    {
        _freshCount = 0;
        if (_number == LastNumber)
        {
            Array.Clear(_last);
            _number = 0;
        }
        _number++;
    }

    /// <summary>The CPU was chosen: the access it named is about to happen.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Note(StepMachine machine, int chosen)
    {
        if (chosen >= StepMachine.FirstUnit) return; // the store was noted when its CPU did it
        StepCpu cpu = machine.Steppers[chosen];
        ref Access access = ref cpu.Pending;
        int word = access.WordIndex;
        if (word == StepMachine.NoWord) return;
        if (!ReferenceEquals(cpu.Operation, _operation[chosen])) Rename(cpu);
        ulong now = _number << NumberShift | (access.Writes ? 1UL << WritesShift : 0) | (ulong)chosen << CpuShift
            | unchecked(_name[chosen] + _steps[access.StepNumber]);
        ulong last = _last[word];
        _last[word] = now;
        ulong difference = last ^ now;
        if (difference >> NumberShift == 0 && (difference >> CpuShift & 7) != 0 && ((last | now) >> WritesShift & 1) != 0)
            See(_fields.Of(word), (uint)last, (uint)now);
    }

    private void See(ulong field, uint first, uint second)
    {
        ulong hash = unchecked((field ^ ((ulong)first << 32 | second)) * 0x9fb2_1c65_1e98_df25);
        hash = unchecked((hash ^ hash >> 31) * 0xbf58_476d_1ce4_e5b9);
        int place = (int)(hash >> 48);
        ref byte seen = ref _map[place >> 3];
        int bit = 1 << (place & 7);
        if ((seen & bit) != 0) return;
        seen |= (byte)bit;
        _fresh[_freshCount++] = (ushort)place;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Rename(StepCpu cpu)
    {
        _operation[cpu.Number] = cpu.Operation;
        if (cpu.Operation is not { } operation)
        {
            _name[cpu.Number] = 0;
            return;
        }
        if (!_names.TryGetValue(operation, out uint name)) _names[operation] = name = (uint)StableHash.Of(operation.Id);
        _name[cpu.Number] = name;
    }

    /// <summary>A step by its name, not its number: a step that is added to the list changes no other.</summary>
    private static uint[] StepNames()
    {
        Step[] all = Enum.GetValues<Step>();
        var names = new uint[all.Max(s => (int)s) + 1];
        foreach (Step step in all) names[(int)step] = (uint)(StableHash.Of(step.ToString()) >> 32);
        return names;
    }
}
