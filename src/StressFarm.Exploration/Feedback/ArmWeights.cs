namespace StressFarm.Exploration.Feedback;

/// <summary>What an arm has brought lately: points for new species and new signatures, and the steps they took.</summary>
internal readonly record struct ArmRate(long Points, long Steps);

/// <summary>Shares tickets out among the arms by what each step of theirs has brought. Integers only, so that it is the same everywhere.</summary>
internal static class ArmWeights
{
    public const string Mutation = "mutation", Pct = "pct", Pos = "pos", Random = "random";
    /// <summary>Sorted.</summary>
    public static readonly IReadOnlyList<string> Arms = [Mutation, Pct, Pos, Random];
    public const int Tickets = 1000;
    /// <summary>Tickets that no arm goes below: what has brought nothing lately may yet, and the random arm has its bound to earn.</summary>
    public const int Least = Tickets / 10;

    public static readonly IReadOnlyList<ArmWeight> Even = [.. Arms.Select(arm => new ArmWeight(arm, Tickets / Arms.Count))];

    /// <param name="rates">by arm; an arm that has taken no step yet counts as the best of the others</param>
    public static IReadOnlyList<ArmWeight> Of(IReadOnlyDictionary<string, ArmRate> rates)
    {
        UInt128[] yield = [.. Arms.Select(arm => PerStep(rates.GetValueOrDefault(arm)))];
        UInt128 best = yield.Max();
        for (int i = 0; i < yield.Length; i++)
            if (rates.GetValueOrDefault(Arms[i]).Steps == 0) yield[i] = best;
        UInt128 sum = 0;
        foreach (UInt128 y in yield) sum += y;
        if (sum == 0) return Even;
        int free = Tickets - Least * Arms.Count;
        return [.. Arms.Select((arm, i) => new ArmWeight(arm, Least + (int)((UInt128)free * yield[i] / sum)))];
    }

    private static UInt128 PerStep(ArmRate rate) => rate.Steps <= 0 ? 0 : ((UInt128)rate.Points << 40) / (UInt128)rate.Steps;
}
