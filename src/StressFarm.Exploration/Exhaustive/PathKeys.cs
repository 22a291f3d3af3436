namespace StressFarm.Exploration.Exhaustive;

/// <summary>Says of most states that they are not on the path, without looking along it.</summary>
internal sealed class PathKeys
{
    private readonly ushort[] _counts = new ushort[1 << 14];

    public void Add(UInt128 key) => _counts[At(key)]++;
    public void Remove(UInt128 key) => _counts[At(key)]--;
    public bool MayHave(UInt128 key) => _counts[At(key)] != 0;
    public void Clear() => Array.Clear(_counts);

    private int At(UInt128 key) => (int)(ulong)key & _counts.Length - 1;
}
