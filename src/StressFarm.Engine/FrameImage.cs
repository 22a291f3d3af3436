using System.Linq.Expressions;
using System.Reflection;

namespace StressFarm.Engine;

/// <summary>A suspended method as it was. Never changed once taken, so that the images of several moments share it.</summary>
internal abstract class FrameImage
{
    /// <summary>The frame is again what it was.</summary>
    public abstract void Load();
}

public abstract partial class Frame
{
    internal abstract FrameImage Save();
    /// <summary>Where the method is and what its locals hold.</summary>
    internal abstract void AddTo(ref StateHash hash);
}

internal sealed partial class Box<TStateMachine, T>
{
    private static readonly ulong s_name = Name();

    private static ulong Name()
    {
        var hash = new StateHash(1);
        foreach (char c in typeof(TStateMachine).FullName!) hash.Add(c);
        return hash.Low;
    }

    internal override FrameImage Save() => new Image(this);

    internal override void AddTo(ref StateHash hash)
    {
        hash.Add(s_name);
        Locals<TStateMachine>.Add(ref StateMachine, ref hash);
    }

    private sealed class Image(Box<TStateMachine, T> box) : FrameImage
    {
        private readonly TStateMachine _machine = box.StateMachine;
        private readonly Frame? _parent = box.Parent;
        private readonly T _result = box.Result;
        private readonly bool _done = box.Done;

        public override void Load() => (box.StateMachine, box.Parent, box.Result, box.Done) = (_machine, _parent, _result, _done);
    }
}

public sealed partial class FramePool
{
    /// <summary>
    /// The boxes that are free are nobody's any more: an image may know them by what they once held. After it is loaded they may be in use
    /// again, so that they must not be handed out.
    /// </summary>
    internal void Forget()
    {
        foreach (FrameStack stack in _free) stack.Forget();
    }
}

internal sealed partial class FrameStack
{
    public void Forget()
    {
        for (int i = 0; i < _count; i++) _slots[i].Frame = null!;
        _count = 0;
    }
}

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
