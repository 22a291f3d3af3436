namespace StressFarm.Simulation.Invariants;

/// <summary>When an invariant is checked (spec 5).</summary>
public enum When : byte
{
    /// <summary>After every step that touched what it reads.</summary>
    Always,
    /// <summary>With no operation in flight on the object.</summary>
    Quiescent,
    /// <summary>At free.</summary>
    Free,
    /// <summary>While a lock is held.</summary>
    Locked,
    /// <summary>At hand-out.</summary>
    HandOut,
}

/// <summary>What a violation means for a kernel.</summary>
public enum Severity : byte
{
    /// <summary>Accounting or information is wrong.</summary>
    Wrong,
    /// <summary>Leak or hang.</summary>
    Leak,
    /// <summary>Memory corruption or use after free.</summary>
    Corruption,
}

/// <summary>
/// A statement that must hold. Add one by adding a file with a subclass: the catalogue finds it. An invariant declares the
/// words it reads, so that a step triggers only those whose words it wrote, and the moments it listens to.
/// </summary>
public abstract class Invariant
{
    /// <summary>Spec id: I01…</summary>
    public abstract string Id { get; }
    public abstract string Statement { get; }
    public abstract When When { get; }
    public abstract Severity Severity { get; }
    /// <summary>The kernel's own check for it, or "none": only a simulator can see it.</summary>
    public abstract string Mirror { get; }

    /// <summary>The halves of a struct page whose change triggers <see cref="PageWritten"/>, one bit each (<see cref="Halves"/>).</summary>
    public virtual ushort Reads => 0;
    /// <summary>The states of a page in which <see cref="PageWritten"/> can find anything; in others it is not called.</summary>
    public virtual PageStates States => PageStates.Any;
    /// <summary>In this situation of a page <see cref="PageWritten"/> can find something, whatever its words hold; otherwise it is not called.</summary>
    /// <param name="at">in one of <see cref="States"/></param>
    public virtual bool Concerns(Situation at) => true;
    /// <summary>
    /// A value of the word that was written with which <see cref="PageWritten"/> can find nothing: it is not called when the word
    /// holds <c>Value</c> in the bits of <c>Mask</c>.
    /// </summary>
    /// <param name="word">number of the word in the page</param>
    /// <param name="at">in one of <see cref="States"/></param>
    public virtual (ulong Mask, ulong Value) Quiet(int word, Situation at) => Never;
    /// <summary>No value is quiet.</summary>
    protected static (ulong Mask, ulong Value) Never => (0, 1);
    /// <summary>Under this policy <see cref="PageWritten"/> can find something; otherwise it is not called.</summary>
    public virtual bool Applies(Policy policy) => true;
    /// <summary><see cref="PageWritten"/> is about device pages only.</summary>
    public virtual bool DeviceOnly => false;
    public virtual ReadOnlySpan<MomentKind> Listens => [];

    /// <summary>A step wrote one of the halves in <see cref="Reads"/> of this page; its local code has run.</summary>
    public virtual void PageWritten(Judge judge, Cpu cpu, int pfn) { }
    public virtual void On(Judge judge, in Moment moment) { }

    /// <summary>Quiescent audit of the pages that were written since the reset, or of all.</summary>
    /// <param name="lines">pfns; numbers from <see cref="Geometry.Pages"/> on are no pages</param>
    public virtual void AuditPages(Judge judge, ReadOnlySpan<int> lines) { }
    /// <summary>Quiescent audit of one live object.</summary>
    public virtual void AuditObject(Judge judge, int id) { }
    /// <summary>Quiescent audit of the machine as a whole.</summary>
    public virtual void AuditMachine(Judge judge) { }
    /// <summary>Audit after the teardown, when every page must be free again.</summary>
    public virtual void AuditEmpty(Judge judge) { }
}

/// <summary>Half-of-a-page masks for <see cref="Invariant.Reads"/>.</summary>
public static class Halves
{
    public const ushort Flags = 3 << (Layout.Flags * 2);
    public const ushort Info = 3 << (Layout.Info * 2);
    public const ushort Prev = 3 << (Layout.Prev * 2);
    public const ushort Mapping = 3 << (Layout.Mapping * 2);
    public const ushort Index = 3 << (Layout.Index * 2);
    public const ushort Private = 3 << (Layout.Private * 2);
    public const ushort Mapcount = 1 << Layout.MapcountHalf;
    public const ushort Refcount = 1 << Layout.RefcountHalf;
    public const ushort Memcg = unchecked((ushort)(3 << (Layout.Memcg * 2)));
}
