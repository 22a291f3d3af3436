namespace StressFarm.Kernel.KnownBugs;

/// <summary>A historical or planted bug (spec 6): a switch that must make the named invariant fire. Add one by adding a file.</summary>
public abstract class KnownBug
{
    /// <summary>Spec id: Z01…</summary>
    public abstract string Id { get; }
    public abstract string Title { get; }
    /// <summary>Commit, CVE or thread where it is described.</summary>
    public abstract string Source { get; }
    public abstract string Mechanism { get; }
    /// <summary>The invariants of which one must fire; none where it must stay silent (<see cref="IsFalseAlarm"/>).</summary>
    public abstract IReadOnlyList<string> Invariants { get; }
    /// <summary>A check of the kernel's that was wrong: nothing that it says is a violation, and no invariant may fire.</summary>
    public bool IsFalseAlarm => Invariants.Count == 0;
    /// <summary>The workload under which it is found.</summary>
    public abstract string Workload { get; }
    /// <summary>The design with the bug in it.</summary>
    public abstract Policy Plant(Policy policy);

    /// <summary>The same without it: what must be silent. A deviation within a design has that design, a design of its own has the one it was planted in.</summary>
    public virtual Policy Twin(Policy policy)
    {
        Policy planted = Plant(policy);
        return planted.Deviations == policy.Deviations ? policy : planted with { Deviations = policy.Deviations };
    }
}
