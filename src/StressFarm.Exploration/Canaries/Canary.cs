namespace StressFarm.Exploration.Canaries;

/// <summary>What is planted.</summary>
public enum CanaryKind : byte
{
    KnownBug,
    /// <summary>A protocol with one step's writes dropped.</summary>
    Mutant,
}

/// <summary>
/// A fault planted beside the real work, so small and so plain that a detector which sees anything at all catches it at once: one
/// that is missed says that the detector is blind. Add one by adding a file; what is on the list is part of what a campaign's
/// records say, so a change of it is a change of the model version.
/// </summary>
public abstract class Canary
{
    /// <summary>"Z01", or "drop:C6": a label of metrics too.</summary>
    public abstract string Id { get; }
    public abstract CanaryKind Kind { get; }
    public abstract string Summary { get; }
    /// <summary>The design with the fault in it.</summary>
    public abstract Policy Planted { get; }
    /// <summary>The invariants of which one must fire.</summary>
    public abstract IReadOnlyList<string> Invariants { get; }
    /// <summary>The workload it is caught under.</summary>
    public abstract string Workload { get; }
    /// <summary>Shape parameters that make it plain, by name; the others are drawn from the seed.</summary>
    protected virtual IReadOnlyDictionary<string, int> Parameters { get; } = new Dictionary<string, int>();

    /// <summary>All three ways to schedule are on trial.</summary>
    private const string StrategyId = "portfolio";

    /// <summary>The same in words that reports and metrics use.</summary>
    public string KindName => Kind == CanaryKind.KnownBug ? "known-bug" : "mutant";

    /// <summary>What its schedules are of.</summary>
    /// <param name="planted">false for its twin, in which there is nothing to catch</param>
    internal Cell CellOf(bool planted) =>
        new(planted ? Planted : Policy.Control, Catalog<Workload>.Find(Workload)!, StrategyId, CanaryRunner.Geometry, Parameters);
}

/// <summary>A known bug as a canary.</summary>
/// <param name="id">the bug's</param>
public abstract class KnownBugCanary(string id) : Canary
{
    private readonly KnownBug _bug = Catalog<KnownBug>.Find(id) ?? throw new ArgumentException($"there is no known bug {id}", nameof(id));

    public override string Id => _bug.Id;
    public override CanaryKind Kind => CanaryKind.KnownBug;
    public override string Summary => _bug.Title;
    public override Policy Planted => _bug.Plant(Policy.Control);
    public override IReadOnlyList<string> Invariants => _bug.Invariants;
    public override string Workload => _bug.Workload;
}

/// <summary>Control without the writes of one step, as a canary.</summary>
public abstract class MutantCanary(Step step) : Canary
{
    public override string Id => $"drop:{step}";
    public override CanaryKind Kind => CanaryKind.Mutant;
    public override string Summary => $"{step} writes nothing ({step.Source()})";
    public override Policy Planted => Policy.Control with { Dropped = step };
}
