using System.Numerics;

namespace StressFarm.Engine;

/// <summary>
/// Folds what a state is made of into 128 bits, of which a search keeps 64 or all. The same on any machine: it depends on values, never
/// on addresses or on the order in which types were loaded.
/// </summary>
public struct StateHash
{
    private const ulong First = 0x9fb2_1c65_1e98_df25, Second = 0xbf58_476d_1ce4_e5b9, Third = 0x94d0_49bb_1331_11eb;

    public StateHash(ulong seed) => (Low, High) = (seed ^ First, seed ^ Second);

    public ulong Low { get; private set; }
    public ulong High { get; private set; }

    /// <summary>
    /// In order: what is added later counts otherwise. Each step is a bijection of what was there: states that differ early and are alike from
    /// there on keep their different keys, however long they are.
    /// </summary>
    public void Add(ulong value)
    {
        // What is added is mixed before: neighbouring words differ in the same few bits, and must not cancel out.
        value = Mixed(value);
        Low = unchecked(BitOperations.RotateLeft(Low ^ value, 23) * First);
        High = unchecked(BitOperations.RotateLeft(High + value, 41) * Third);
    }

    /// <summary>Another hash, of something that was hashed by itself.</summary>
    public void Fold((ulong Low, ulong High) part)
    {
        Low = unchecked(BitOperations.RotateLeft(Low ^ Mixed(part.Low), 23) * First);
        High = unchecked(BitOperations.RotateLeft(High + Mixed(part.High), 41) * Third);
    }

    /// <summary>A bijection that lets each bit bear on all.</summary>
    internal static ulong Mixed(ulong x)
    {
        x = unchecked((x ^ x >> 32) * Third);
        x = unchecked((x ^ x >> 29) * Second);
        return x ^ x >> 31;
    }

    public readonly UInt128 Key => new(Mixed(High), Mixed(Low));
}
