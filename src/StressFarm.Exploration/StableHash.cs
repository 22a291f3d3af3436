using System.Text;

namespace StressFarm.Exploration;

/// <summary>A 64-bit hash that is the same everywhere and for ever: FNV-1a, finished by SplitMix64. For ids and checksums.</summary>
internal static class StableHash
{
    public static ulong Of(ReadOnlySpan<byte> bytes)
    {
        ulong hash = 0xcbf2_9ce4_8422_2325;
        foreach (byte b in bytes) hash = unchecked((hash ^ b) * 0x100_0000_01b3);
        return Pcg.Mix(hash);
    }

    public static ulong Of(string text) => Of(Encoding.UTF8.GetBytes(text));
}
