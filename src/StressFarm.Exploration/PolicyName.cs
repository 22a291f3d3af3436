namespace StressFarm.Exploration;

/// <summary>
/// The one name of a design wherever it is shown: a preset's id, or "dimension=value,…" over control; "+Z06" is appended for
/// a planted bug, "+drop:C6" for the step that a mutant drops. A bug that is nothing but another value of a dimension has the name of that design.
/// </summary>
public static class PolicyName
{
    /// <summary>Names a design. Two designs have the same name only when they are the same.</summary>
    public static string Of(Policy policy)
    {
        if (policy.Dropped != Step.None) return $"{Of(policy with { Dropped = Step.None })}{Policy.DropMark}{policy.Dropped}";
        Policy clean = policy;
        Deviation left = policy.Deviations;
        var planted = new List<string>();
        foreach (KnownBug bug in Catalog<KnownBug>.All)
        {
            Deviation own = bug.Plant(Policy.Control).Deviations;
            if (own == Deviation.None || (left & own) != own) continue;
            left &= ~own;
            planted.Add(bug.Id);
            clean = Without(bug, own, clean);
        }
        if (left != Deviation.None)
        {
            planted.Add(left.ToString().Replace(", ", "+", StringComparison.Ordinal));
            clean = clean with { Deviations = clean.Deviations & ~left };
        }
        string name = Presets.All.FirstOrDefault(p => p.Policy == clean)?.Id ?? clean.ToString();
        return planted.Count == 0 ? name : $"{name}+{string.Join('+', planted)}";
    }

    /// <summary>The design that <paramref name="bug"/> was planted in: what planting sets goes back to control's value.</summary>
    private static Policy Without(KnownBug bug, Deviation own, Policy policy)
    {
        Policy planted = bug.Plant(Policy.Control), clean = policy with { Deviations = policy.Deviations & ~own };
        Policy before = clean;
        foreach (Dimension d in Dimension.Order)
            if (d.Get(planted) != d.Get(Policy.Control)) before = d.With(before, d.Get(Policy.Control));
        return bug.Plant(before) == policy ? before : clean;
    }
}
