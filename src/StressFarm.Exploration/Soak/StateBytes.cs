using System.IO.Compression;
using System.Security.Cryptography;

namespace StressFarm.Exploration.Soak;

/// <summary>A state as it is kept: compressed, under the hash of what was compressed. Compressed bytes may differ from build to build; the hash does not.</summary>
public static class StateBytes
{
    /// <summary>Compressed bytes that are looked at at all.</summary>
    public const int MaxCompressed = 1 << 20;

    public static byte[] Compress(ReadOnlySpan<byte> state)
    {
        using var packed = new MemoryStream();
        // States are a few thousand bytes: what another method would save is less than what setting it up costs.
        using (var deflate = new DeflateStream(packed, CompressionLevel.Fastest, leaveOpen: true)) deflate.Write(state);
        return packed.ToArray();
    }

    /// <exception cref="StateException">they cannot be read, or are more than any state</exception>
    public static byte[] Expand(byte[] compressed)
    {
        if (compressed.Length > MaxCompressed) throw new StateException("it is larger than any");
        var state = new MemoryStream();
        try
        {
            using var inflate = new DeflateStream(new MemoryStream(compressed), CompressionMode.Decompress);
            byte[] buffer = new byte[8192];
            for (int read; (read = inflate.Read(buffer)) > 0;)
            {
                if (state.Length + read > MachineState.MaxBytes) throw new StateException("it is larger than any");
                state.Write(buffer, 0, read);
            }
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException or IOException)
        {
            throw new StateException("it cannot be decompressed");
        }
        return state.ToArray();
    }

    public static string Hash(ReadOnlySpan<byte> state) => Convert.ToHexStringLower(SHA256.HashData(state));
}
