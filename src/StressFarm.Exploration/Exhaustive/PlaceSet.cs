namespace StressFarm.Exploration.Exhaustive;

/// <summary>A set of small numbers that only grows: one bit each.</summary>
internal struct PlaceSet
{
    private ulong[] _bits;

    public PlaceSet() => _bits = [];

    public readonly int Bytes => _bits.Length * sizeof(ulong);

    /// <summary>True when it was not in.</summary>
    public bool Add(int place)
    {
        int at = place >> 6;
        if (at >= _bits.Length) Array.Resize(ref _bits, at + 1);
        ulong bit = 1UL << place;
        if ((_bits[at] & bit) != 0) return false;
        _bits[at] |= bit;
        return true;
    }

    /// <summary>True when something was not in.</summary>
    public bool AddAll(in PlaceSet other)
    {
        if (other._bits.Length > _bits.Length) Array.Resize(ref _bits, other._bits.Length);
        bool grew = false;
        for (int i = 0; i < other._bits.Length; i++)
        {
            ulong all = _bits[i] | other._bits[i];
            grew |= all != _bits[i];
            _bits[i] = all;
        }
        return grew;
    }

    public readonly bool Meets(in PlaceSet other)
    {
        ulong[] mine = _bits, others = other._bits;
        for (int i = Math.Min(mine.Length, others.Length) - 1; i >= 0; i--)
            if ((mine[i] & others[i]) != 0) return true;
        return false;
    }
}
