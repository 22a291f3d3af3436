namespace StressFarm.Exploration.Feedback;

/// <summary>Sets of places of a map as bytes: the differences of the sorted places, seven bits a byte, the eighth says that more follow.</summary>
public static class PlaceCode
{
    /// <summary>Encodes a set; the order in which it is given does not matter.</summary>
    public static byte[] Encode(IEnumerable<ushort> places)
    {
        var bytes = new List<byte>();
        int last = -1;
        foreach (ushort place in places.Order())
        {
            int difference = place - last;
            for (; difference >= 0x80; difference >>= 7) bytes.Add((byte)(difference | 0x80));
            bytes.Add((byte)difference);
            last = place;
        }
        return [.. bytes];
    }

    /// <summary>The places, ascending.</summary>
    /// <exception cref="FormatException">the bytes encode no set</exception>
    public static IEnumerable<ushort> Decode(byte[] bytes)
    {
        int last = -1;
        for (int i = 0; i < bytes.Length; i++)
        {
            int difference = bytes[i] & 0x7f;
            for (int shift = 7; bytes[i] >= 0x80; shift += 7)
            {
                if (++i >= bytes.Length || shift > 14) throw new FormatException("no set of places");
                difference |= (bytes[i] & 0x7f) << shift;
            }
            last += difference;
            if (difference == 0 || last >= Timelines.Places) throw new FormatException("no set of places");
            yield return (ushort)last;
        }
    }
}
