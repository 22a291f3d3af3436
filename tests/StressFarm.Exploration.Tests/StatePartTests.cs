using System.Reflection;

namespace StressFarm.Exploration.Tests;

/// <summary>
/// The state on trial: in the middle of a programme each thing that it holds is changed by itself. Its key must be another, taken from what is there and not
/// from the log, or there is a reason here why not.
/// </summary>
public class StatePartTests
{
    private const BindingFlags Any = BindingFlags.Instance | BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic;

    /// <summary>What is no part of a key.</summary>
    private static readonly Dictionary<string, string> s_unhashed = new()
    {
        ["WordMemory._writers"] = "who wrote a word last is quoted by a violation, and decides none",
        ["StepMachine._waiting"] = "follows from what the CPUs have named",
        ["StepMachine._runnable"] = "follows from what the CPUs have named, and from memory",
        ["StepMachine.Steps"] = "quoted by a violation",
        ["StepMachine.Digest"] = "of the path, not of the state",
        ["StepCpu.OperationSteps"] = "I57 counts it, and is not judged",
        ["StepCpu.Writer"] = "the step just taken",
        ["Cpu.GivenAway"] = "read only while pages are given away (Watched)",
        ["Ghost._lifeCounter"] = "of the CPU that numbers last; numbers that are not given yet tell only new from old",
    };

    private static readonly string[] s_parts =
    [
        "WordMemory._words", "WordMemory._writers", "StepCpu.Watched", "StepCpu._operationNumber", "StepCpu.Finished", "StepCpu.OperationSteps", "StepCpu.Writer", "StepMachine.Steps",
        "StepMachine.Digest", "StepMachine._waiting", "StepMachine._runnable",
        "KernelMachine._waitsForSections", "KernelMachine._waitsForGrace", "KernelMachine._inside", "KernelMachine._removedPages", "KernelMachine._sharedVmemmap",
        "Cpu._sections", "Cpu.GivenAway", "Handles.PcpCount", "DriverAllocator._free", "DriverAllocator._largeOrder", "DriverAllocator._closed",
        "DriverAllocator._carved", "DriverAllocator._outstanding", "Ghost._owner", "Ghost._object", "Ghost._life", "Ghost._poison", "Ghost._fileSize",
        "Ghost._lifeCounter", "Ghost._pgmapRefGone", "Ghost._wrongUnlock", "Ghost._tableLife", "Ghost._tableDeposited", "Ghost._usageLife", "Ghost._held",
        "Ghost._mmMaps", "Ghost._pteMaps", "Ghost._pagePins",
    ];

    public static TheoryData<string> Parts => [.. s_parts];

    [Theory]
    [MemberData(nameof(Parts))]
    public void Each_thing_that_a_state_holds_is_in_its_key(string part)
    {
        Machine machine = InTheMiddle();
        Whole key = Whole.Of(machine);
        (object holder, FieldInfo field) = Find(machine, part);
        object before = Value(holder, field);
        Change(holder, field);
        Assert.NotEqual(before, Value(holder, field));
        if (s_unhashed.ContainsKey(part)) Assert.Equal(key, Whole.Of(machine));
        else Assert.NotEqual(key, Whole.Of(machine));
    }

    /// <summary>Every kind of thing that is logged is among them: a new one has to be put here.</summary>
    [Fact]
    public void Each_field_that_is_logged_is_tried()
    {
        string[] logged = [.. new[] { typeof(KernelMachine), typeof(Cpu), typeof(Handles), typeof(DriverAllocator), typeof(Ghost) }.SelectMany(t => t.GetFields(Any).Where(f => IsLogged(f.FieldType)).Select(f => $"{t.Name}.{f.Name}"))];
        Assert.Equal(Enum.GetValues<LogKind>().Length, logged.Length - 3 + 2); // four fields of the driver are one kind; words and objects have their own
        Assert.Empty(logged.Except(s_parts));
    }

    public static TheoryData<string> ObjectFields => [.. typeof(GhostObject).GetFields(Any).Select(f => f.Name)];

    [Theory]
    [MemberData(nameof(ObjectFields))]
    public void Each_field_of_an_object_is_in_the_key(string name)
    {
        Machine machine = InTheMiddle();
        Whole key = Whole.Of(machine);
        object changed = machine.Ghost[0];
        Change(changed, typeof(GhostObject).GetField(name, Any)!);
        machine.Ghost[0] = (GhostObject)changed;
        Assert.NotEqual(key, Whole.Of(machine));
    }

    [Fact]
    public void Handles_and_what_a_CPU_has_named_are_in_the_key()
    {
        Machine machine = InTheMiddle();
        Whole key = Whole.Of(machine);
        foreach (FieldInfo field in typeof(Handle).GetFields())
        {
            object handle = new Handle { Kind = HandleKind.Pin };
            machine.Cpus[0].Handles[9] = (Handle)handle;
            Whole with = Whole.Of(machine);
            Assert.NotEqual(key, with);
            Change(handle, field);
            machine.Cpus[0].Handles[9] = (Handle)handle;
            Assert.NotEqual(with, Whole.Of(machine));
            machine.Cpus[0].Handles[9] = default;
            Assert.Equal(key, Whole.Of(machine));
        }
        Access named = machine.Cpus[0].Pending;
        foreach (FieldInfo field in typeof(Access).GetFields())
        {
            object access = named;
            Change(access, field);
            machine.Cpus[0].Pending = (Access)access;
            Assert.NotEqual(key, Whole.Of(machine));
            machine.Cpus[0].Pending = named;
            Assert.Equal(key, Whole.Of(machine));
        }
    }

    /// <summary>What a machine's key is made of, each taken anew.</summary>
    private readonly record struct Whole(StateSum Sum, UInt128 Locals)
    {
        public static Whole Of(Machine machine)
        {
            var hash = new StateHash(0);
            for (int cpu = 0; cpu < machine.Arena.Cpus; cpu++)
            {
                UInt128 local = machine.LocalKey(cpu);
                hash.Fold(((ulong)local, (ulong)(local >> 64)));
            }
            return new(machine.SumAll(), hash.Key);
        }
    }

    /// <summary>A split and a look-up, both under way.</summary>
    private static Machine InTheMiddle()
    {
        var machine = new Machine(SmallSearches.Geometry);
        var programme = new Programme { Arena = new Arena(2, 4, 2, 2) };
        programme.Setup.Add(AnonFault.Call(mm: 0, slot: 0, order: 2));
        programme.Cpu(0).Add(GetPages.Call<GetUserPagesFast>(mm: 0, slot: 1));
        programme.Cpu(1).Add(FolioSplitAt.Call(mm: 0, slot: 0));
        var start = new Exhaustive.SearchStart(machine, programme, Policy.Control) { Prefix = [.. Enumerable.Repeat((byte)1, 40), 0, 0] };
        Assert.True(start.Begin());
        return machine;
    }

    private static (object, FieldInfo) Find(Machine machine, string part)
    {
        string[] names = part.Split('.');
        object holder = names[0] switch
        {
            "WordMemory" => machine.Memory,
            "StepMachine" or "KernelMachine" => machine,
            "StepCpu" or "Cpu" => machine.Cpus[0],
            "Handles" => machine.Cpus[0].Handles,
            "DriverAllocator" => machine.Driver,
            _ => machine.Ghost,
        };
        for (Type? type = holder.GetType(); type is not null; type = type.BaseType)
            foreach (string name in (string[])[names[1], $"<{names[1]}>k__BackingField"])
                if (type.GetField(name, Any) is { } field) return (holder, field);
        throw new InvalidOperationException($"there is no {part}");
    }

    private static bool IsLogged(Type type) => type.IsGenericType && (type.GetGenericTypeDefinition() == typeof(Logged<>) || type.GetGenericTypeDefinition() == typeof(LoggedValue<>));

    private static Array? ArrayOf(object? held) => held as Array ?? (held is not null && IsLogged(held.GetType()) ? held.GetType().GetField("_values", Any)?.GetValue(held) as Array : null);

    /// <summary>The value, or that of an array's first element: page 0, object 0.</summary>
    private static object Value(object holder, FieldInfo field)
    {
        object held = field.GetValue(holder)!;
        if (ArrayOf(held) is { } array) return array.GetValue(0)!;
        return IsLogged(field.FieldType) ? field.FieldType.GetField("_value", Any)!.GetValue(held)! : held;
    }

    /// <summary>Behind the log's back.</summary>
    private static void Change(object holder, FieldInfo field)
    {
        object held = field.GetValue(holder)!;
        if (ArrayOf(held) is { } array) array.SetValue(Other(array.GetValue(0)!), 0);
        else if (IsLogged(field.FieldType))
        {
            FieldInfo value = field.FieldType.GetField("_value", Any)!;
            value.SetValue(held, Other(value.GetValue(held)!));
            field.SetValue(holder, held);
        }
        else field.SetValue(holder, Other(held));
    }

    private static object Other(object value) => value switch
    {
        bool b => !b,
        int i => i + 1,
        uint u => u + 1,
        long l => l + 1,
        ulong u => u + 1,
        byte b => (byte)(b + 1),
        sbyte b => (sbyte)(b + 1),
        ushort u => (ushort)(u + 1),
        Enum e => Enum.ToObject(e.GetType(), Convert.ToInt32(e) + 1),
        _ => throw new InvalidOperationException($"how does a {value.GetType().Name} change?"),
    };
}
