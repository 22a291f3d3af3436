using System.Runtime.CompilerServices;

namespace StressFarm.Engine;

/// <summary>
/// The one source of chance: PCG-XSH-RR 64/32 (O'Neill 2014), written out here because its output is part of every seed
/// we publish. Streams with different <c>stream</c> numbers are independent; the sequence for a (seed, stream) never changes.
/// </summary>
public struct Pcg
{
    private ulong _state;
    private readonly ulong _increment;

    public Pcg(ulong seed, ulong stream)
    {
        _increment = (stream << 1) | 1;
        _state = 0;
        NextUInt();
        _state += Mix(seed);
        NextUInt();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint NextUInt()
    {
        ulong old = _state;
        _state = unchecked(old * 6364136223846793005UL + _increment);
        uint xorshifted = (uint)(((old >> 18) ^ old) >> 27);
        return uint.RotateRight(xorshifted, (int)(old >> 59));
    }

    public ulong NextULong() => ((ulong)NextUInt() << 32) | NextUInt();

    /// <summary>Uniform in [0, bound) by Lemire's multiplication; the bias is below bound / 2³².</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Below(int bound) => (int)(((ulong)NextUInt() * (uint)bound) >> 32);

    /// <summary>Uniform in [low, high], both included.</summary>
    public int Between(int low, int high) => low + Below(high - low + 1);

    /// <summary>True once in <paramref name="n"/>.</summary>
    public bool OneIn(int n) => Below(n) == 0;

    /// <summary>SplitMix64's finaliser: spreads neighbouring seeds.</summary>
    public static ulong Mix(ulong x)
    {
        x += 0x9e37_79b9_7f4a_7c15;
        x = unchecked((x ^ (x >> 30)) * 0xbf58_476d_1ce4_e5b9);
        x = unchecked((x ^ (x >> 27)) * 0x94d0_49bb_1331_11eb);
        return x ^ (x >> 31);
    }
}
