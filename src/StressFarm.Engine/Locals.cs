using System.Reflection;
using System.Reflection.Emit;

namespace StressFarm.Engine;

/// <summary>
/// Adds the locals of a suspended method to a hash, those that can still be read; made once for each method, from the fields that the compiler gave
/// it. Numbers count, and structs of numbers. A reference counts for nothing if what it leads to never changes while a programme runs, or is in the
/// state by itself; any other has no place in a state, and is refused by name rather than overlooked.
/// </summary>
internal static class Locals<T>
{
    private delegate void Adder(ref T value, ref StateHash hash);

    // Not by the class's constructor: what it refuses would come out as another exception.
    private static Adder? s_adder;

    public static void Add(ref T value, ref StateHash hash) => (s_adder ??= LocalsCode.Make(typeof(T)).CreateDelegate<Adder>())(ref value, ref hash);
}

/// <summary>The code that adds the locals of one method.</summary>
internal static class LocalsCode
{
    private static readonly MethodInfo s_add = typeof(StateHash).GetMethod(nameof(StateHash.Add), [typeof(ulong)])!;

    /// <param name="machine">the struct that the compiler made of a method</param>
    public static DynamicMethod Make(Type machine)
    {
        var made = new DynamicMethod($"{machine.Name} locals", null, [machine.MakeByRefType(), typeof(StateHash).MakeByRefType()], typeof(LocalsCode).Module, skipVisibility: true);
        ILGenerator il = made.GetILGenerator();
        FieldInfo[] fields = FieldsOf(machine);
        if (fields.FirstOrDefault(f => f.Name == LiveLocals.StateName) is { } state && LiveLocals.Of(machine) is { Count: > 0 } live)
        {
            Label[] states = [.. Enumerable.Range(0, live.Keys.Max() + 1).Select(_ => il.DefineLabel())];
            Label others = il.DefineLabel();
            il.Emit(OpCodes.Ldarg_0);
            il.Emit(OpCodes.Ldfld, state);
            il.Emit(OpCodes.Switch, [.. states.Select((label, i) => live.ContainsKey(i) ? label : others)]);
            il.MarkLabel(others);
            AddAll(il, fields, machine);
            foreach ((int number, HashSet<FieldInfo> read) in live)
            {
                if (number < 0) continue;
                il.MarkLabel(states[number]);
                AddAll(il, fields.Where(f => f == state || read.Contains(f)), machine);
            }
        }
        else
        {
            AddAll(il, fields, machine);
        }
        return made;
    }

    private static FieldInfo[] FieldsOf(Type type) => type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic);

    private static void AddAll(ILGenerator il, IEnumerable<FieldInfo> fields, Type machine)
    {
        foreach (FieldInfo field in fields) Add(il, [field], $"{machine.Name}.{field.Name}");
        il.Emit(OpCodes.Ret);
    }

    /// <param name="way">the fields that lead to it, from the method's struct on</param>
    private static void Add(ILGenerator il, FieldInfo[] way, string path)
    {
        Type type = way[^1].FieldType;
        if (type.IsEnum) type = type.GetEnumUnderlyingType();
        if (type.IsPrimitive)
        {
            il.Emit(OpCodes.Ldarg_1);
            il.Emit(OpCodes.Ldarg_0);
            foreach (FieldInfo field in way[..^1]) il.Emit(OpCodes.Ldflda, field);
            il.Emit(OpCodes.Ldfld, way[^1]);
            if (type != typeof(ulong) && type != typeof(long)) il.Emit(type == typeof(uint) ? OpCodes.Conv_U8 : OpCodes.Conv_I8);
            il.Emit(OpCodes.Call, s_add);
        }
        else if (type.IsValueType)
        {
            foreach (FieldInfo field in FieldsOf(type)) Add(il, [.. way, field], $"{path}.{field.Name}");
        }
        else if (!IsFixed(type))
        {
            throw new NotSupportedException($"a state cannot have {path}, a {type.Name}: a search does not know what it holds");
        }
    }

    // CPUs and frames are in the state by themselves; entry points, and lists of calls, are fixed once a programme runs. The one array of CPUs
    // is the machine's.
    private static bool IsFixed(Type type) =>
        typeof(StepCpu).IsAssignableFrom(type.IsArray ? type.GetElementType() : type) || typeof(StepMachine).IsAssignableFrom(type) || typeof(WordMemory).IsAssignableFrom(type)
        || typeof(Frame).IsAssignableFrom(type) || typeof(EntryPoint).IsAssignableFrom(type) || type == typeof(string)
        || type.IsDefined(typeof(FixedWhileRunningAttribute), inherit: true)
        || (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(List<>) && type.GetGenericArguments()[0].IsDefined(typeof(FixedWhileRunningAttribute), false));
}

/// <summary>Nothing of it changes while a programme runs, or its state is hashed by itself: a local that refers to it adds nothing to a state.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
public sealed class FixedWhileRunningAttribute : Attribute;
