using System.Collections;
using System.Reflection;

namespace StressFarm.Exploration.Tests;

/// <summary>A machine as it is between two steps, field by field: those that <see cref="StateFieldTests"/> says are put back, and what they come to.</summary>
internal sealed class MachineSnapshot
{
    private const BindingFlags Any = BindingFlags.Instance | BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic;

    private static readonly Dictionary<string, FieldInfo[]> s_fields = [];

    private readonly List<(string Name, object? Value)> _held = [];

    public MachineSnapshot(Machine machine)
    {
        foreach ((string name, object holder) in Holders(machine)) Take(name, holder);
        for (int cpu = 0; cpu < machine.Cpus.Length; cpu++) Add($"Ghost.Numbers of {cpu}", machine.Ghost.Numbers(cpu));
        for (int cpu = 0; cpu < machine.Arena.Cpus; cpu++) Add($"LocalKey of {cpu}", machine.LocalKey(cpu));
        Add("SumAll", machine.SumAll());
        Add("Log.Sum", machine.SearchLog!.Sum);
        Add("Runnable", machine.Runnable);
        Add("Violation", machine.Violation);
        Add("WatchesAll", machine.WatchesAll);
    }

    /// <summary>The first thing that is not what it was, or null.</summary>
    public string? Differs(MachineSnapshot now)
    {
        if (_held.Count != now._held.Count) return $"{_held.Count} things, {now._held.Count} now";
        for (int i = 0; i < _held.Count; i++)
        {
            ((string name, object? was), (string nameNow, object? value)) = (_held[i], now._held[i]);
            bool same = name == nameNow && (was is Array array ? StructuralComparisons.StructuralEqualityComparer.Equals(array, value) : Equals(was, value));
            if (!same) return $"{name} was {Shown(was)}, and {nameNow} is {Shown(value)}";
        }
        return null;
    }

    /// <summary>What the methods that are suspended on each CPU are known by is taken anew the next time.</summary>
    public static void ForgetKeys(Machine machine)
    {
        foreach (Cpu cpu in machine.Cpus)
            for (Frame? frame = cpu.Current; frame is not null; frame = frame.Parent)
                frame.GetType().GetField("_isKeyed", Any)!.SetValue(frame, false);
    }

    private static IEnumerable<(string, object)> Holders(Machine machine)
    {
        yield return ("WordMemory", machine.Memory);
        yield return ("StepMachine", machine);
        yield return ("KernelMachine", machine);
        yield return ("DriverAllocator", machine.Driver);
        yield return ("Ghost", machine.Ghost);
        yield return ("Judge", machine.Judge);
        // Units of CPUs that take no part name nothing.
        foreach (StepCpu stepper in machine.Steppers)
            if (stepper is not null && stepper.Number < StepMachine.FirstUnit + 2 * machine.Arena.Cpus) yield return ("StepCpu", stepper);
        foreach (Cpu cpu in machine.Cpus)
        {
            yield return ("Cpu", cpu);
            yield return ("Handles", cpu.Handles);
            for (Frame? frame = cpu.Current; frame is not null; frame = frame.Parent)
            {
                yield return ("Frame", frame);
                yield return ("Box`2", frame);
            }
        }
        if (Field("StepMachine", machine, "_edits") is not null)
            foreach (object state in (IEnumerable)Field("StepMachine", machine, "_editStates")!) yield return ("EditState", state);
        if (machine.Buffers is { } buffers)
            foreach (object buffer in (IEnumerable)Field("StoreBuffers", buffers, "_buffers")!) yield return ("Buffer", buffer);
    }

    private static object? Field(string type, object holder, string name) => TypeOf(type, holder).GetField(name, Any)!.GetValue(holder);

    private static Type TypeOf(string name, object holder)
    {
        for (Type? type = holder.GetType(); type is not null; type = type.BaseType)
            if (type.Name == name) return type;
        throw new InvalidOperationException($"a {holder.GetType().Name} is no {name}");
    }

    private void Take(string name, object holder)
    {
        Type type = TypeOf(name, holder);
        string key = type.IsGenericType ? type.FullName! : name;
        if (!s_fields.TryGetValue(key, out FieldInfo[]? fields))
            s_fields[key] = fields = [.. type.GetFields(Any).Where(f => StateFieldTests.Kept[name].Contains(StateFieldTests.NameOf(f)) && IsOwn(f))];
        foreach (FieldInfo field in fields) Add($"{name}.{field.Name}{(holder is StepCpu cpu ? $" of {cpu.Number}" : "")}", Copied(field.GetValue(holder), name == "Buffer" ? (int)Field(name, holder, "Count")! : -1));
    }

    /// <summary>Numbers are asked for; what leads to others that are in by themselves is not; a frame's key is what it was or is taken anew.</summary>
    private static bool IsOwn(FieldInfo field) =>
        field.Name is not ("_numbers" or "_builtNumbers" or "_editStates" or "_buffers" or "_isKeyed" or "_low" or "_high");

    private static object? Copied(object? value, int count)
    {
        if (value is Array array)
        {
            Array copy = (Array)array.Clone();
            if (count < 0) return copy;
            Array some = Array.CreateInstance(array.GetType().GetElementType()!, count);
            Array.Copy(array, some, count);
            return some;
        }
        Type? type = value?.GetType();
        if (type is { IsGenericType: true } && (type.GetGenericTypeDefinition() == typeof(Logged<>) || type.GetGenericTypeDefinition() == typeof(LoggedValue<>)))
            return Copied((type.GetField("_values", Any) ?? type.GetField("_value", Any))!.GetValue(value), -1);
        return value;
    }

    private static string Shown(object? value) => value is Access a ? $"{a.Kind} {(Step)a.StepNumber} {a.Location} {a.A} {a.B}" : $"{value}";

    private void Add(string name, object? value) => _held.Add((name, value));
}
