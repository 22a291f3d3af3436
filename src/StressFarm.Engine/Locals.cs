using System.Linq.Expressions;
using System.Reflection;

namespace StressFarm.Engine;

/// <summary>
/// Adds the locals of a suspended method to a hash; compiled once for each method, from the fields that the compiler gave it. Numbers count,
/// and structs of numbers. A reference counts for nothing if what it leads to never changes while a programme runs, or is in the state by
/// itself; any other has no place in a state, and is refused by name rather than overlooked.
/// </summary>
internal static class Locals<T>
{
    private delegate void Adder(ref T value, ref StateHash hash);

    // Not by the class's constructor: what it refuses would come out as another exception.
    private static Adder? s_adder;

    public static void Add(ref T value, ref StateHash hash) => (s_adder ??= Compile())(ref value, ref hash);

    private static Adder Compile()
    {
        ParameterExpression value = Expression.Parameter(typeof(T).MakeByRefType()), hash = Expression.Parameter(typeof(StateHash).MakeByRefType());
        MethodInfo add = typeof(StateHash).GetMethod(nameof(StateHash.Add), [typeof(ulong)])!;
        var body = new List<Expression>();
        Walk(value, typeof(T), number => body.Add(Expression.Call(hash, add, number)), typeof(T).Name);
        return Expression.Lambda<Adder>(Expression.Block([.. body, Expression.Empty()]), value, hash).Compile();
    }

    private static void Walk(Expression at, Type type, Action<Expression> add, string path)
    {
        if (type.IsEnum) Walk(Expression.Convert(at, type.GetEnumUnderlyingType()), type.GetEnumUnderlyingType(), add, path);
        else if (type == typeof(bool)) add(Expression.Condition(at, Expression.Constant(1UL), Expression.Constant(0UL)));
        else if (type.IsPrimitive) add(Expression.Convert(at, typeof(ulong)));
        else if (type.IsValueType)
            foreach (FieldInfo field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
                Walk(Expression.Field(at, field), field.FieldType, add, $"{path}.{field.Name}");
        else if (!IsFixed(type))
            throw new NotSupportedException($"a state cannot have {path}, a {type.Name}: a search does not know what it holds");
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
