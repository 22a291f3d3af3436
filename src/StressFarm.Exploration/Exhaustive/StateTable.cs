namespace StressFarm.Exploration.Exhaustive;

/// <summary>The keys of the states that were met: 64 or 128 bits each, in one array with gaps.</summary>
/// <param name="wide">128 bits</param>
public sealed class StateTable(bool wide)
{
    private const int Smallest = 1 << 12;

    private ulong[] _low = new ulong[Smallest];
    private ulong[] _high = new ulong[wide ? Smallest : 0];

    public long Count { get; private set; }
    public long Bytes => BytesOf(_low.Length);
    /// <summary>It grows before the next key.</summary>
    public bool IsFull => Count * 4 >= _low.Length * 3L;
    /// <summary>While it grows it is there twice. No array is longer than 2³¹.</summary>
    public long BytesToGrow => _low.Length >= 1 << 30 ? long.MaxValue / 2 : BytesOf(_low.Length) + BytesOf(_low.Length * 2L);

    private long BytesOf(long length) => length * (wide ? 16 : 8);

    /// <summary>False when it was known.</summary>
    public bool Add(UInt128 key)
    {
        if (IsFull) Grow();
        ulong low = Low(key), high = (ulong)(key >> 64);
        int mask = _low.Length - 1, at = (int)(low >> 20) & mask;
        for (; _low[at] != 0; at = (at + 1) & mask)
            if (_low[at] == low && (!wide || _high[at] == high)) return false;
        Put(at, low, high);
        Count++;
        return true;
    }

    public void Clear()
    {
        Array.Clear(_low);
        Count = 0;
    }

    // 0 is a gap.
    private static ulong Low(UInt128 key) => (ulong)key is var low and not 0 ? low : 1;

    private void Put(int at, ulong low, ulong high)
    {
        _low[at] = low;
        if (wide) _high[at] = high;
    }

    private void Grow()
    {
        (ulong[] low, ulong[] high) = (_low, _high);
        (_low, _high) = (new ulong[low.Length * 2], new ulong[high.Length * 2]);
        int mask = _low.Length - 1;
        for (int i = 0; i < low.Length; i++)
        {
            if (low[i] == 0) continue;
            int at = (int)(low[i] >> 20) & mask;
            while (_low[at] != 0) at = (at + 1) & mask;
            Put(at, low[i], wide ? high[i] : 0);
        }
    }
}
