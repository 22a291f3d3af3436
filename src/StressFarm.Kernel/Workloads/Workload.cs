namespace StressFarm.Kernel.Workloads;

/// <summary>Which operations, in which mix, on which shapes. Add one by adding a file.</summary>
public abstract class Workload
{
    private readonly Lazy<SmallScope> _scope;

    protected Workload() => _scope = new(() => new SmallScope(Id, Scenes));

    public abstract string Id { get; }
    public abstract string Summary { get; }
    /// <summary>What tells it from every other one.</summary>
    public virtual string Key => Id;
    /// <summary>What a metric calls it.</summary>
    public virtual string Label => Id;
    /// <summary>Takes part in compare unless others are named.</summary>
    public virtual bool Standard => true;
    /// <summary>Draws the shape, then the set-up and each CPU's operations.</summary>
    public abstract void Compose(Programme programme, Geometry geometry);

    /// <summary>Its small programmes, to be run in every interleaving; none of a workload that declares no scenes.</summary>
    public SmallScope Scope => _scope.Value;
    /// <summary>What its scope is made of: all that it is about meets there, with few values of each argument.</summary>
    protected virtual IEnumerable<Scene> Scenes => [];
}
