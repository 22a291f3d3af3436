using System.Runtime.CompilerServices;

namespace StressFarm.Kernel.Ghosts;

/// <summary>What is logged beside the memory's words (<see cref="StepLog"/>), by number.</summary>
internal enum LogKind
{
    Words = 0,
    Owner, Object, Life, Poison, PteMaps, PagePins,
    /// <summary>Words of an object, eight each.</summary>
    ObjectWord,
    Held, MmMaps, FileSize, TableLife, TableDeposited, UsageLife, PgmapRefGone, WrongUnlock,
    ListLength, Section, Inside, Waits, WaitsForGrace, DriverFree, DriverField, RemovedPages, SharedVmemmap,
}

/// <summary>An array whose entries are logged while a search runs: each is a place, and is changed so that it can be undone.</summary>
/// <param name="first">tells its first entry from those of other arrays of its kind</param>
internal struct Logged<T>(int length, LogKind kind, int first = 0) where T : unmanaged
{
    private T[] _values = new T[length];
    private readonly LogKind _kind = kind;
    private readonly int _first = first;
    private StepLog? _log;
    private int _firstPlace;

    public readonly int Length => _values.Length;

    /// <summary>The entries, for what is no step's: laying, resetting.</summary>
    public readonly T[] Raw => _values;

    public T this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        readonly get
        {
            if (StepLog.IsKept) _log?.Read(_firstPlace + index);
            return _values[index];
        }
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        set
        {
            if (StepLog.IsKept) _log?.Changed((int)_kind, _first + index, _firstPlace + index, LogBits.Of(_values[index]), LogBits.Of(value));
            _values[index] = value;
        }
    }

    public void Fill(T value, int first, int count)
    {
        if (!StepLog.IsKept || _log is null) Array.Fill(_values, value, first, count);
        else
            for (int i = first; i < first + count; i++) this[i] = value;
    }

    public void Resize(int length) => Array.Resize(ref _values, length);

    /// <summary>From here on its entries are logged, as the places from <paramref name="place"/> on.</summary>
    public void Begin(StepLog? log, ref int place)
    {
        (_log, _firstPlace) = (log, place);
        place += _values.Length;
    }

    /// <summary>An entry holds again what it did.</summary>
    public readonly void PutBack(int index, ulong bits) => _values[index - _first] = LogBits.To<T>(bits);

    /// <summary>All entries, as the log's sum counts them.</summary>
    public readonly void SumTo(ref StateSum sum)
    {
        for (int i = 0; i < _values.Length; i++) sum.Add((int)_kind, _first + i, LogBits.Of(_values[i]));
    }
}

/// <summary>A value that is logged while a search runs, as an entry of <see cref="Logged{T}"/> is.</summary>
/// <param name="index">tells it from others of its kind</param>
internal struct LoggedValue<T>(LogKind kind, int index) where T : unmanaged
{
    private T _value;
    private readonly LogKind _kind = kind;
    private readonly int _index = index;
    private StepLog? _log;
    private int _place;

    public T Value
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        readonly get
        {
            if (StepLog.IsKept) _log?.Read(_place);
            return _value;
        }
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        set
        {
            if (StepLog.IsKept) _log?.Changed((int)_kind, _index, _place, LogBits.Of(_value), LogBits.Of(value));
            _value = value;
        }
    }

    public void Reset() => _value = default;

    public void Begin(StepLog? log, ref int place) => (_log, _place) = (log, place++);

    public void PutBack(ulong bits) => _value = LogBits.To<T>(bits);

    public readonly void SumTo(ref StateSum sum) => sum.Add((int)_kind, _index, LogBits.Of(_value));
}

/// <summary>Values as a log keeps them.</summary>
internal static class LogBits
{
    public static ulong Of<T>(T value) where T : unmanaged => Unsafe.SizeOf<T>() switch
    {
        1 => Unsafe.As<T, byte>(ref value),
        2 => Unsafe.As<T, ushort>(ref value),
        4 => Unsafe.As<T, uint>(ref value),
        8 => Unsafe.As<T, ulong>(ref value),
        _ => throw new NotSupportedException($"a log keeps 8 bytes, and a {typeof(T).Name} has more"),
    };

    public static T To<T>(ulong bits) where T : unmanaged => Unsafe.As<ulong, T>(ref bits);
}
