using System.Runtime.CompilerServices;

namespace StressFarm.Kernel.Ghosts;

/// <summary>
/// The objects of a machine that keeps a log: an object is asked and changed by reference, and knows of neither machine nor number. Both follow from
/// where it lies; a copy of one is nobody's.
/// </summary>
internal sealed class ObjectLog(StepLog log, GhostObject[] objects, int firstPlace)
{
    /// <summary>Places of an object.</summary>
    public const int Places = (int)GhostObject.Field.Count;
    /// <summary>Words of an object, each logged as a whole.</summary>
    public const int Words = 8;

    /// <summary>Of the machine that takes a step on this thread; null where none keeps a log.</summary>
    [ThreadStatic]
    private static ObjectLog? t_current;

    public static ObjectLog? Current
    {
        get => t_current;
        set => t_current = value;
    }

    public void Read(in GhostObject o, GhostObject.Field field)
    {
        if (Find(in o) is var id and >= 0) log.Read(firstPlace + id * Places + (int)field);
    }

    public void Set<T>(ref GhostObject o, GhostObject.Field field, ref T to, T value)
    {
        int id = Find(in o);
        int word = (int)Unsafe.ByteOffset(ref Unsafe.As<GhostObject, byte>(ref o), ref Unsafe.As<T, byte>(ref to)) / sizeof(ulong);
        ref ulong held = ref Unsafe.Add(ref Unsafe.As<GhostObject, ulong>(ref o), word);
        ulong old = held;
        to = value;
        if (id >= 0) log.Changed((int)LogKind.ObjectWord, id * Words + word, firstPlace + id * Places + (int)field, old, held);
    }

    /// <summary>Its number, or -1 for a copy.</summary>
    private int Find(in GhostObject o)
    {
        nint offset = Unsafe.ByteOffset(ref objects[0], ref Unsafe.AsRef(in o));
        return offset >= 0 && offset < (nint)objects.Length * Unsafe.SizeOf<GhostObject>() ? (int)(offset / Unsafe.SizeOf<GhostObject>()) : -1;
    }
}
