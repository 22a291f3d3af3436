namespace StressFarm.Kernel.Machines;

/// <summary>
/// The simulated kernel's state: one memory section, its CPUs, and everything else that protocols share. Who judges it is
/// whoever builds it.
/// </summary>
public abstract partial class KernelMachine : StepMachine
{
    protected KernelMachine(Geometry geometry) : this(geometry, new Cells(geometry)) { }

    private KernelMachine(Geometry geometry, Cells cells) : this(geometry, cells, new MemMap(geometry.Pages, cells.Count)) { }

    private KernelMachine(Geometry geometry, Cells cells, MemMap memory) : base(memory, geometry.MaxCpus)
    {
        Geometry = geometry;
        Cells = cells;
        Memory = memory;
        Ghost = new Ghost(geometry);
        Cpus = new Cpu[geometry.MaxCpus + 1];
        for (int i = 0; i < Cpus.Length; i++) Cpus[i] = new Cpu(this, i);
        Driver = new DriverAllocator(this);
        Boot.PrepareListHeads(this);
    }

    /// <summary>Whoever builds the machine says once who judges it.</summary>
    protected void Build(Witness witness)
    {
        Ghost.Witness = witness;
        Build(Cpus, witness);
    }

    public Geometry Geometry { get; }
    public Arena Arena { get; private set; }
    public Cells Cells { get; }
    public MemMap Memory { get; }
    public Ghost Ghost { get; }
    public Policy Policy { get; private set; } = Policy.Control;
    public DriverAllocator Driver { get; }
    /// <summary>CPUs 0..n-1 run the programme; the last one runs set-up and teardown.</summary>
    public Cpu[] Cpus { get; }
    public Cpu SetupCpu => Cpus[^1];
    /// <summary>How splits ended since the machine was built; not part of the simulated state.</summary>
    public SplitCounters Splits { get; } = new();

    protected internal sealed override ushort DrainStep => (ushort)Layouts.Step.Drain;
    protected internal sealed override ushort EarlyLoadStep => (ushort)Layouts.Step.EarlyLoad;

    /// <summary>Pages whose memmap is gone: I53 watches accesses to them.</summary>
    internal int RemovedPages
    {
        get => _removedPages.Value;
        set
        {
            _removedPages.Value = value;
            WatchesAll = value != 0;
        }
    }
    private LoggedValue<int> _removedPages = new(LogKind.RemovedPages, 0);
    /// <summary>Tests of K-6 only: folio_set_order() as one access, so that no bit of page[1].flags can be lost in it.</summary>
    public bool OrderIsOneAccess { get; set; }
    /// <summary>vmemmap pages that are mapped read-only to a shared frame: 0 spares the judge a look at every write.</summary>
    internal int SharedVmemmap
    {
        get => _sharedVmemmap.Value;
        set => _sharedVmemmap.Value = value;
    }
    private LoggedValue<int> _sharedVmemmap = new(LogKind.SharedVmemmap, 0);

    /// <summary>The struct page lies in a vmemmap page that is mapped read-only.</summary>
    internal bool IsReadOnly(int pfn) =>
        SharedVmemmap != 0 && pfn < Geometry.DeviceBase && Memory[Cells.Vmemmap(pfn >> Arena.VmemmapOrder)] != 0;

    /// <summary>Pristine memory, an arena and a policy; nothing runs.</summary>
    protected void Reset(Arena arena, Policy policy)
    {
        Clear(arena, policy);
        Boot.Prepare(this);
        Driver.Reset();
    }

    /// <summary>Holes everywhere; whoever calls lays the memory.</summary>
    protected void Clear(Arena arena, Policy policy)
    {
        for (int i = 0; i < UsedCpus; i++) Cpus[i].Reset();
        SetupCpu.Reset();
        Memory.Reset();
        Ghost.Reset();
        ForgetUsedCpus();
        Begin(arena, policy);
    }

    /// <summary>
    /// The next schedule on the memory that the last one left: words, free lists, per-CPU lists and the driver's lists stay as
    /// they are. The last schedule must have ended quiescent and torn down. Its processes have exited and nobody holds a pointer,
    /// so object numbers and generations begin anew.
    /// </summary>
    /// <param name="arena">of the same memory; CPUs and PMD order may be others</param>
    protected void Continue(Arena arena, Policy policy)
    {
        if (arena.SystemOrder != Arena.SystemOrder || arena.DeviceOrder != Arena.DeviceOrder)
            throw new ArgumentException("a memory that goes on keeps its size", nameof(arena));
        if (arena.SectionOrder != Arena.SectionOrder) throw new ArgumentException("a memory that goes on keeps its sections", nameof(arena));
        for (int i = 0; i < Arena.Cpus; i++) Cpus[i].Continue();
        SetupCpu.Continue();
        Memory.Age();
        Ghost.Continue();
        if (Memory[Cells.AnonVmaTree] != 0) Lay(Cells.AnonVmaTree, 0);
        Begin(arena, policy);
    }

    /// <summary>Restoring a memory: the lengths of the per-CPU lists, CPU by CPU.</summary>
    internal void RestoreLists(ReadOnlySpan<byte> counts)
    {
        for (int i = 0; i < counts.Length; i++) Cpus[i / Geometry.PcpOrders].Handles.PcpCount[i % Geometry.PcpOrders] = counts[i];
        UseAllCpus();
    }

    /// <summary>Restoring a memory: it has sections that can be taken away when there is the first.</summary>
    internal void RestoreSections()
    {
        if (Memory[Cells.SectionMap(0)] != 0) Arena = Arena with { SectionOrder = Arena.SystemOrder - Arena.SectionsOrder };
    }

    private void Begin(Arena arena, Policy policy)
    {
        Arena = arena;
        Policy = policy;
        EndLogging();
        _waitsForSections.Reset();
        _waitsForGrace.Reset();
        Array.Clear(_inside.Raw);
        RemovedPages = 0;
        SharedVmemmap = 0;
        Ghost.FreesUsageAtOnce = policy.Has(Deviation.UsageFreedAtOnce);
        BeginRun(arena.Cpus, policy.MemoryModel, PlantedEdits.Of(policy));
    }
}
