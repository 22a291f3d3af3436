namespace StressFarm.Engine;

/// <summary>A 64-bit word of the machine, by its number.</summary>
public readonly record struct Word(int Index)
{
    public Half Low => new(Index * 2);
    public Half High => new(Index * 2 + 1);
}

/// <summary>A 4-byte half of a word; even numbers are the low half (little endian).</summary>
public readonly record struct Half(int Index)
{
    public Word Word => new(Index >> 1);
}
