using System.Reflection;

namespace StressFarm.Exploration.Tests;

/// <summary>
/// The state on trial: in the middle of a programme each thing that it holds is changed by itself. The key must be another, or there is a
/// reason here why not; and the image must lead back to what was there.
/// </summary>
public class StatePartTests
{
    /// <summary>What is no part of a key.</summary>
    private static readonly Dictionary<string, string> s_unhashed = new()
    {
        ["WordMemory._writers"] = "who wrote a word last is quoted by a violation, and decides none",
        ["WordMemory._lineDirty"] = "a line that was written and holds what it did is like one that was not",
        ["WordMemory._dirty"] = "the same",
        ["WordMemory._dirtyCount"] = "the same",
        ["StepMachine._waiting"] = "follows from what the CPUs have named",
        ["StepMachine._runnable"] = "follows from what the CPUs have named, and from memory",
        ["StepMachine.Steps"] = "quoted by a violation",
        ["StepMachine.Digest"] = "of the path, not of the state",
        ["StepCpu.OperationSteps"] = "I57 counts it, and is not judged",
        ["StepCpu.Stamp"] = "follows from the operation's number",
        ["StepCpu.Writer"] = "the step just taken",
        ["Cpu.GivenAway"] = "read only while pages are given away (Watched)",
        ["KernelMachine._inside"] = "read only while its CPU waits",
        ["Ghost._anyPoison"] = "spares a reset work",
        ["Ghost._lastSystem"] = "grows with what is laid, and no further than the arena",
        ["Ghost._lastDevice"] = "the same",
        ["Ghost._tableLife"] = "only once tables have generations (_tables)",
        ["Ghost._tableDeposited"] = "the same",
    };

    private static readonly string[] s_parts =
    [
        "WordMemory._words", "StepCpu.Watched", "StepCpu._operationNumber", "StepCpu.Finished", "StepCpu.OperationSteps", "StepCpu.Writer", "StepMachine.Steps", "StepMachine.Digest",
        "StepMachine._waiting", "StepMachine._runnable",
        "KernelMachine._waitsForSections", "KernelMachine._waitsForGrace", "KernelMachine._inside", "KernelMachine._removedPages", "KernelMachine.SharedVmemmap",
        "Cpu._irqsOff", "Cpu._inRcu", "Cpu.GivenAway", "Handles.PcpCount", "DriverAllocator._free", "DriverAllocator.LargeOrder", "DriverAllocator.Closed",
        "DriverAllocator.Carved", "DriverAllocator.Outstanding", "Ghost._owner", "Ghost._object", "Ghost._life", "Ghost._poison", "Ghost._anyPoison", "Ghost._fileSize",
        "Ghost._lifeCounter", "Ghost.PgmapRefGone", "Ghost._tableLife", "Ghost._tableDeposited", "Ghost._tables", "Ghost._usageLife", "Ghost._held",
        "Ghost._mmMaps", "Ghost._pteMaps", "Ghost._pagePins",
    ];

    public static TheoryData<string> Parts => [.. s_parts];

    [Theory]
    [MemberData(nameof(Parts))]
    public void Each_thing_that_a_state_holds_is_in_its_key_and_in_its_image(string part)
    {
        Machine machine = InTheMiddle();
        var image = new MachineImage();
        machine.Save(image);
        UInt128 key = machine.Hash().Key;
        (object holder, FieldInfo field) = Find(machine, part);
        object before = Value(holder, field);
        Change(holder, field);
        Assert.NotEqual(before, Value(holder, field));
        if (!s_unhashed.ContainsKey(part)) Assert.NotEqual(key, machine.Hash().Key);
        machine.Load(image);
        Assert.Equal(before, Value(holder, field));
        Assert.Equal(key, machine.Hash().Key);
    }

    public static TheoryData<string> ObjectFields =>
        [.. typeof(GhostObject).GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).Select(f => f.Name)];

    [Theory]
    [MemberData(nameof(ObjectFields))]
    public void Each_field_of_an_object_is_in_the_key_and_in_the_image(string name)
    {
        Machine machine = InTheMiddle();
        var image = new MachineImage();
        machine.Save(image);
        UInt128 key = machine.Hash().Key;
        FieldInfo field = typeof(GhostObject).GetField(name, BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)!;
        GhostObject was = machine.Ghost[0];
        object changed = was;
        Change(changed, field);
        machine.Ghost[0] = (GhostObject)changed;
        Assert.NotEqual(key, machine.Hash().Key);
        machine.Load(image);
        Assert.Equal(was, machine.Ghost[0]);
        Assert.Equal(key, machine.Hash().Key);
    }

    [Fact]
    public void Handles_and_what_a_CPU_has_named_are_in_the_key_and_in_the_image()
    {
        Machine machine = InTheMiddle();
        var image = new MachineImage();
        machine.Save(image);
        UInt128 key = machine.Hash().Key;
        foreach (FieldInfo field in typeof(Handle).GetFields())
        {
            object handle = new Handle { Kind = HandleKind.Pin };
            machine.Cpus[0].Handles[9] = (Handle)handle;
            UInt128 with = machine.Hash().Key;
            Assert.NotEqual(key, with);
            Change(handle, field);
            machine.Cpus[0].Handles[9] = (Handle)handle;
            Assert.NotEqual(with, machine.Hash().Key);
            machine.Load(image);
            Assert.Equal(key, machine.Hash().Key);
        }
        foreach (FieldInfo field in typeof(Access).GetFields())
        {
            object access = machine.Cpus[0].Pending;
            Change(access, field);
            machine.Cpus[0].Pending = (Access)access;
            Assert.NotEqual(key, machine.Hash().Key);
            machine.Load(image);
            Assert.Equal(key, machine.Hash().Key);
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
                if (type.GetField(name, BindingFlags.Instance | BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic) is { } field) return (holder, field);
        throw new InvalidOperationException($"there is no {part}");
    }

    /// <summary>The value, or that of an array's first element: page 0, object 0.</summary>
    private static object Value(object holder, FieldInfo field) => field.GetValue(holder) is Array array ? array.GetValue(0)! : field.GetValue(holder)!;

    private static void Change(object holder, FieldInfo field)
    {
        if (field.GetValue(holder) is Array array) array.SetValue(Other(array.GetValue(0)!), 0);
        else field.SetValue(holder, Other(field.GetValue(holder)!));
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
