using System.Numerics;
using System.Runtime.CompilerServices;

namespace StressFarm.Engine;

/// <summary>
/// A sum over places and what they hold, in 128 bits: a change of one place changes it by a difference, wherever the others are. Equal where
/// every place holds the same.
/// </summary>
public struct StateSum
{
    public ulong Low { get; private set; }
    public ulong High { get; private set; }

    /// <summary>A place holds a value.</summary>
    public void Add(int kind, int index, ulong value)
    {
        (ulong low, ulong high) = Share(kind, index, value);
        Low = unchecked(Low + low);
        High = unchecked(High + high);
    }

    /// <summary>A place holds another value than before.</summary>
    public void Change(int kind, int index, ulong old, ulong value)
    {
        (ulong low, ulong high) = Share(kind, index, value);
        (ulong oldLow, ulong oldHigh) = Share(kind, index, old);
        Low = unchecked(Low + low - oldLow);
        High = unchecked(High + high - oldHigh);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (ulong Low, ulong High) Share(int kind, int index, ulong value)
    {
        ulong place = (ulong)kind << 32 | (uint)index;
        ulong low = StateHash.Mixed(unchecked(StateHash.Mixed(unchecked(place + 0x9e37_79b9_7f4a_7c15)) ^ value));
        return (low, StateHash.Mixed(unchecked(low + place) ^ BitOperations.RotateLeft(value, 32)));
    }
}
