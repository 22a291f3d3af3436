namespace StressFarm.Exploration.Canaries;

/// <summary>The canaries in the order in which campaigns plant them: known bugs and mutants in turn, each by id, round and round.</summary>
public static class CanaryList
{
    private static readonly Canary[] s_bugs = [.. Catalog<Canary>.All.Where(c => c.Kind == CanaryKind.KnownBug)];
    private static readonly Canary[] s_mutants = [.. Catalog<Canary>.All.Where(c => c.Kind == CanaryKind.Mutant)];

    /// <summary>The canary of this number.</summary>
    public static Canary At(long number)
    {
        Canary[] kind = number % 2 == 0 ? s_bugs : s_mutants;
        return kind[number / 2 % kind.Length];
    }
}

/// <summary>A canary to be run: which, from which seed on, and whether it is planted at all.</summary>
/// <param name="Planted">false in a drill: its twin is run, and must be missed</param>
public sealed record CanaryOrder(Canary Canary, ulong FirstSeed, bool Planted)
{
    /// <summary>The seeds of canaries lie apart from those that people give.</summary>
    private const ulong Seeds = 0xcaca_0000_0000_0000, SeedMask = 0xffff_ffff_ffc0;

    /// <summary>The order of this number in a campaign: a function of both and of nothing else.</summary>
    /// <param name="campaignSeed">the campaign's first seed</param>
    public static CanaryOrder Of(ulong campaignSeed, long number, bool planted) =>
        new(CanaryList.At(number), Seeds | Pcg.Mix(unchecked(campaignSeed + 0x9e37_79b9_7f4a_7c15 * ((ulong)number + 1))) & SeedMask, planted);
}
