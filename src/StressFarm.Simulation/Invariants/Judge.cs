namespace StressFarm.Simulation.Invariants;

/// <summary>
/// Calls the invariants when what they read has changed, and keeps the first violation. Dispatch is by table: one list of
/// invariants per (situation of the page, word of it, whole / low / high), one per moment.
/// </summary>
public sealed class Judge : Witness
{
    private const int KeptTables = 16;

    private WriteTable? _table;
    private Policy? _policy;
    private readonly List<(Policy Policy, WriteTable Table)> _tables = [];
    private readonly Invariant[] _all;
    private readonly int _deviceBase;
    private readonly Invariant[][] _byMoment = new Invariant[Enum.GetValues<MomentKind>().Length][];
    private readonly Invariant[] _pageAudits;
    private readonly Invariant[] _objectAudits;
    private readonly Invariant[] _machineAudits;
    private readonly Invariant[] _emptyAudits;
    private string? _kernelSays;
    private (int Cpu, int Operation) _kernelSaidIn;
    private int[] _scratch = [];

    public Judge(KernelMachine machine)
    {
        Machine = machine;
        Ghost = machine.Ghost;
        Memory = machine.Memory;
        _deviceBase = machine.Geometry.DeviceBase;
        Invariant[] all = [.. Catalog<Invariant>.All];
        _all = all;
        foreach (MomentKind kind in Enum.GetValues<MomentKind>())
            _byMoment[(int)kind] = [.. all.Where(i => i.Listens.Contains(kind))];
        _pageAudits = Overriding(all, nameof(Invariant.AuditPages));
        _objectAudits = Overriding(all, nameof(Invariant.AuditObject));
        _machineAudits = Overriding(all, nameof(Invariant.AuditMachine));
        _emptyAudits = Overriding(all, nameof(Invariant.AuditEmpty));
    }

    private ReadOnlySpan<int> AllPages => _allPages ??= [.. Enumerable.Range(0, Machine.Geometry.Pages)];
    private int[]? _allPages;

    private static Invariant[] Overriding(Invariant[] all, string audit) =>
        [.. all.Where(i => i.GetType().GetMethod(audit)!.DeclaringType != typeof(Invariant))];

    public KernelMachine Machine { get; }
    /// <summary>Tells the name of a CPU's operation by its number.</summary>
    internal Func<int, int, string> OperationName { get; set; } = (_, _) => "";
    public Ghost Ghost { get; }
    public MemMap Memory { get; }
    public Policy Policy => Machine.Policy;
    public Violation? First
    {
        get => _first;
        private set
        {
            _first = value;
            _attentive = _enabled && value is null;
        }
    }
    private Violation? _first;

    /// <summary>False measures what checking costs; users never see it off.</summary>
    public bool Enabled
    {
        get => _enabled;
        set
        {
            _enabled = value;
            _attentive = value && _first is null;
        }
    }
    private bool _enabled = true;
    /// <summary>Something can be found: enabled, and nothing is violated yet.</summary>
    private bool _attentive = true;

    public override void Reset()
    {
        First = null;
        _kernelSays = null;
        if (!ReferenceEquals(_policy, Policy)) Use(Policy);
    }

    /// <summary>Tests only: every invariant that reads a word looks at each write of it.</summary>
    internal bool AsksAll
    {
        get => _asksAll;
        set
        {
            _asksAll = value;
            _tables.Clear();
            _policy = null;
        }
    }
    private bool _asksAll;

    private void Use(Policy policy)
    {
        _policy = policy;
        foreach ((Policy known, WriteTable table) in _tables)
            if (ReferenceEquals(known, policy))
            {
                _table = table;
                return;
            }
        if (_tables.Count == KeptTables) _tables.Clear();
        _table = WriteTable.Of(_all, policy, _asksAll);
        _tables.Add((policy, _table));
    }

    public override void AfterStep(StepCpu cpu, ReadOnlySpan<int> written)
    {
        if (!_attentive) return;
        if (Machine.SharedVmemmap != 0) WriteFaults(cpu, written);
        WriteTable table = _table!;
        foreach (int touched in written)
        {
            uint code = (uint)touched;
            int pfn = (int)(code / WriteTable.Parts);
            if (StepLog.IsKept) Forget(Forgets?.Invoke(null) == true);
            int list = table.ListOf[Situation.Of(Ghost, pfn, _deviceBase) * WriteTable.Parts + (int)(code % WriteTable.Parts)];
            if (StepLog.IsKept) Forget(false);
            if (list != 0) Ask(Cpu.Of(cpu), pfn, touched >> 2, table.Lists[list]);
        }
    }

    private void Ask(Cpu cpu, int pfn, int word, uint entry)
    {
        ulong held = Memory[new Word(word)];
        foreach (ref readonly WriteTable.Listed listed in new ReadOnlySpan<WriteTable.Listed>(_table!.Invariants, (int)(entry >> 8), (int)(entry & 255)))
        {
            if ((held & listed.Mask) == listed.Value) continue;
            if (StepLog.IsKept) Forget(Forgets?.Invoke(listed.Invariant) == true);
            listed.Invariant.PageWritten(this, cpu, pfn);
            if (StepLog.IsKept) Forget(false);
        }
    }

    /// <summary>Tests only: the invariants of which a search's log does not hear what they look at; asked with null of what the judge looks at to find whom to ask.</summary>
    internal Func<Invariant?, bool>? Forgets { get; set; }

    private void Forget(bool now)
    {
        if (Forgets is not null && Machine.SearchLog?.Forgets is { } forgets) forgets.Now = now;
    }

    /// <summary>What the MMU would say of the step's writes (I50).</summary>
    private void WriteFaults(StepCpu cpu, ReadOnlySpan<int> written)
    {
        foreach (int touched in written)
        {
            int pfn = (int)((uint)touched / WriteTable.Parts);
            if (Machine.IsReadOnly(pfn)) HearAt(MomentKind.WriteFault, cpu, pfn, ((uint)touched >> 2) * 2 + ((touched & 3) == 2 ? 1u : 0));
        }
    }

    public override bool HasFound => _first is not null;

    /// <summary>Tells the invariants that listen.</summary>
    public override void Hear(MomentKind fact, StepCpu cpu, int pfn, int obj, ulong a = 0, ulong b = 0)
    {
        if (!_attentive) return;
        Invariant[] listeners = _byMoment[(int)fact];
        if (listeners.Length == 0) return;
        var moment = new Moment(fact, Cpu.Of(cpu), pfn, obj, a, b);
        foreach (Invariant invariant in listeners)
        {
            if (StepLog.IsKept) Forget(Forgets?.Invoke(invariant) == true);
            invariant.On(this, in moment);
            if (StepLog.IsKept) Forget(false);
        }
    }

    /// <summary>As <see cref="Hear"/>, about the object the page belongs to now.</summary>
    internal void HearAt(MomentKind fact, StepCpu cpu, int pfn, ulong a = 0, ulong b = 0) => Hear(fact, cpu, pfn, Ghost.ObjectOf(pfn), a, b);

    /// <summary>A CPU touched a word while some pages must not be touched.</summary>
    public override void AfterWatched(StepCpu cpu, int word, ulong value)
    {
        if (cpu.Watched != 0) AfterFolioFree(Cpu.Of(cpu), word, value);
        if (word < 0 || word >= Memory.FirstCell || Machine.RemovedPages == 0) return;
        int pfn = word / Layout.WordsPerPage;
        if (Ghost.OwnerOf(pfn) == Owner.Removed) HearAt(MomentKind.RemovedAccess, cpu, pfn, (ulong)(word % Layout.WordsPerPage));
    }

    /// <summary>A CPU that has given device pages back touched a word: a read of one of them is I46's.</summary>
    private void AfterFolioFree(Cpu cpu, int word, ulong value)
    {
        int pfn = word / Layout.WordsPerPage;
        if (word >= 0 && word < Memory.FirstCell && (uint)(pfn - cpu.GivenAway) < (uint)cpu.GivenAwayPages)
            HearAt(MomentKind.ReadAfterFolioFree, cpu, pfn, value, (ulong)(word % Layout.WordsPerPage));
    }

    /// <summary>
    /// What a debug kernel's check would print at this point (CHECKS=1). A violation that the same operation causes quotes it.
    /// </summary>
    public override void KernelSays(StepCpu cpu, string text)
    {
        _kernelSays = text;
        _kernelSaidIn = (cpu.Number, cpu.OperationNumber);
    }

    /// <summary>What the kernel's checks printed in this CPU's operation, or null.</summary>
    public string? KernelSaid(StepCpu cpu) => _kernelSaidIn == (cpu.Number, cpu.OperationNumber) ? _kernelSays : null;

    public override void OwnerClash(StepCpu cpu, int pfn, Owner from, Owner to) =>
        Violate(Catalog<Invariant>.Find("I16")!, cpu, pfn, -1, "owner", $"{from}", $"{Ghost.OwnerOf(pfn)}",
            $"page {pfn} is taken over as {to} from {from}, but its owner is {Ghost.OwnerOf(pfn)}");

    /// <summary>Zeroed room for an audit's counting; the next call reuses it.</summary>
    internal Span<int> Scratch(int count)
    {
        // As much as the objects of a long schedule, so that a warm machine has allocated it.
        if (_scratch.Length < count) _scratch = new int[Math.Max(4096, 2 * count)];
        Span<int> room = _scratch.AsSpan(0, count);
        room.Clear();
        return room;
    }

    /// <summary>Everything that must hold when nothing is in flight.</summary>
    /// <param name="whole">every page of the arena instead of those written since the reset</param>
    public void Audit(bool whole)
    {
        if (!Enabled) return;
        foreach (Invariant invariant in _pageAudits) invariant.AuditPages(this, whole ? AllPages : Memory.DirtyLines);
        for (int id = 0; id < Ghost.ObjectCount && First is null; id++)
        {
            if (Ghost[id].Phase == Phase.Dead) continue;
            foreach (Invariant invariant in _objectAudits) invariant.AuditObject(this, id);
        }
        if (First is not null) return;
        foreach (Invariant invariant in _machineAudits) invariant.AuditMachine(this);
    }

    /// <summary>After the teardown: nothing may be left.</summary>
    public void AuditEmpty()
    {
        if (!_attentive) return;
        foreach (Invariant invariant in _emptyAudits) invariant.AuditEmpty(this);
    }

    /// <summary>Reports a violation; the first one of a schedule is kept.</summary>
    /// <param name="location">the guilty half, or -1</param>
    public void Violate(Invariant invariant, StepCpu? cpu, int pfn, int location, string field, string expected, string found, string sentence)
    {
        if (First is not null) return;
        Actor by = cpu is null ? new Actor(-1, "audit", 0, Step.None) : ActorOf(new WriterStamp(cpu.Writer));
        Actor last = location < 0 ? default : ActorOf(new WriterStamp(Memory.LastWriter(new Half(location))));
        First = new Violation(invariant, field, pfn, location, expected, found, by, last with { Operation = last.Operation ?? "" },
            sentence, cpu is null ? null : KernelSaid(cpu), Machine.Steps);
        Machine.EndQuiet();
    }

    /// <summary>As <see cref="Violate"/>, by a CPU that is about to take the step it named and cannot.</summary>
    public void ViolateWaiting(Invariant invariant, StepCpu cpu, int pfn, int location, string field, string expected, string found, string sentence)
    {
        cpu.Writer = WriterStamp.Pack(cpu.Number, cpu.OperationNumber, cpu.Pending.StepNumber);
        Violate(invariant, cpu, pfn, location, field, expected, found, sentence);
    }

    private Actor ActorOf(WriterStamp stamp)
    {
        if (!stamp.Known) return new Actor(-1, "", 0, Step.None);
        if (stamp.IsEarlier) return Actor.EarlierSchedule;
        return new Actor(stamp.Cpu, OperationName(stamp.Cpu, stamp.Operation), stamp.Operation, stamp.Step);
    }
}
