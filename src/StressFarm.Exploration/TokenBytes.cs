using System.Buffers.Binary;
using System.Text;

namespace StressFarm.Exploration;

/// <summary>Writes a token's fields: little endian, variable-length integers, length-prefixed UTF-8.</summary>
internal sealed class TokenWriter
{
    private readonly List<byte> _bytes = [];

    public void Byte(byte value) => _bytes.Add(value);

    public void Number(ulong value)
    {
        for (; value >= 0x80; value >>= 7) _bytes.Add((byte)(value | 0x80));
        _bytes.Add((byte)value);
    }

    /// <summary>Zigzag: small magnitudes are short.</summary>
    public void Signed(int value) => Number((uint)((value << 1) ^ (value >> 31)));

    public void Fixed(ulong value)
    {
        Span<byte> eight = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(eight, value);
        _bytes.AddRange(eight);
    }

    public void Text(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        Number((ulong)utf8.Length);
        _bytes.AddRange(utf8);
    }

    public void Bytes(byte[] bytes)
    {
        Number((ulong)bytes.Length);
        _bytes.AddRange(bytes);
    }

    public byte[] ToArray() => [.. _bytes];
}

/// <summary>Reads them back. Every read is bounded; what does not fit throws <see cref="TokenException"/>.</summary>
internal ref struct TokenReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly bool AtEnd => _rest.IsEmpty;

    public byte Byte()
    {
        if (_rest.IsEmpty) throw new TokenException("it ends too early");
        byte value = _rest[0];
        _rest = _rest[1..];
        return value;
    }

    public ulong Number(ulong most)
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte b = Byte();
            if (shift == 63 && b > 1) break;
            value |= (ulong)(b & 0x7f) << shift;
            if (b >= 0x80) continue;
            return value <= most ? value : throw new TokenException("a number is out of range");
        }
        throw new TokenException("a number is malformed");
    }

    public int Count(int most) => (int)Number((ulong)most);

    public int Signed()
    {
        uint raw = (uint)Number(uint.MaxValue);
        return (int)(raw >> 1) ^ -(int)(raw & 1);
    }

    public ulong Fixed()
    {
        if (_rest.Length < 8) throw new TokenException("it ends too early");
        ulong value = BinaryPrimitives.ReadUInt64LittleEndian(_rest);
        _rest = _rest[8..];
        return value;
    }

    public byte[] Bytes(int most)
    {
        int length = Count(most);
        if (_rest.Length < length) throw new TokenException("it ends too early");
        byte[] bytes = _rest[..length].ToArray();
        _rest = _rest[length..];
        return bytes;
    }

    public string Text(int most)
    {
        int length = Count(most);
        if (_rest.Length < length) throw new TokenException("it ends too early");
        string text = Encoding.UTF8.GetString(_rest[..length]);
        // What a token says is shown to people: no text of a real one holds a control character.
        if (text.Any(char.IsControl)) throw new TokenException("a text in it cannot be printed");
        _rest = _rest[length..];
        return text;
    }
}

/// <summary>Why a token cannot be read, in words that complete "the token is unusable: …".</summary>
internal sealed class TokenException(string reason) : Exception(reason);
