namespace StressFarm.Kernel.Machines;

/// <summary>A moment between two steps, to which a machine can be led back while its log lasts; filled again and again.</summary>
public sealed class MachineMark : StepMark
{
    internal CpuMark[] KernelCpus = [];
}

/// <summary>What the kernel keeps of a CPU beside what it runs, and no other CPU asks for.</summary>
internal sealed class CpuMark
{
    public readonly Handle[] Handles = new Handle[Machines.Handles.Capacity];
    public int GivenAway;
    public (int Object, int Life) Numbers;
}

/// <summary>The log of a kernel's machine.</summary>
internal sealed class KernelLog(KernelMachine machine, int places) : StepLog(machine.Memory, places)
{
    protected override void PutBack(int kind, int index, ulong old) => machine.PutBack((LogKind)kind, index, old);
}

public abstract partial class KernelMachine
{
    /// <summary>What a search is told of its steps; null before <see cref="BeginSearch"/>.</summary>
    public StepLog? SearchLog => Log;
    /// <summary>Of an earlier search, to be used again.</summary>
    private KernelLog? _searchLog;

    /// <summary>
    /// The set-up is over and the CPUs wait at their first accesses: from here on steps are taken by <see cref="StepOf"/>, and can be undone, until the next
    /// reset.
    /// </summary>
    public void BeginSearch()
    {
        Ghost.NumberByCpu();
        int place = StepLog.PlacesOf(Memory), places = place + Ghost.PlacesToLog;
        LogOwn(null, ref places);
        if (_searchLog?.Places != places) _searchLog = new KernelLog(this, places);
        KernelLog log = _searchLog;
        Ghost.BeginLog(log, ref place);
        LogOwn(log, ref place);
        BeginLog(log);
    }

    private void LogOwn(StepLog? log, ref int place)
    {
        foreach (Cpu cpu in Cpus) cpu.LogTo(log, ref place);
        _inside.Begin(log, ref place);
        _waitsForSections.Begin(log, ref place);
        _waitsForGrace.Begin(log, ref place);
        _removedPages.Begin(log, ref place);
        _sharedVmemmap.Begin(log, ref place);
        Driver.LogTo(log, ref place);
    }

    private void EndLogging()
    {
        if (Log is null) return;
        int place = 0;
        LogOwn(null, ref place);
        Ghost.EndLog();
    }

    /// <summary>A step of a CPU or a unit of one: what it creates is numbered as its own, and what it read and wrote is in the log.</summary>
    public void StepOf(StepCpu stepper)
    {
        Ghost.LogHere();
        if (stepper.Number < FirstUnit) Ghost.NumberFor(stepper.Number);
        StepNoted(stepper);
    }

    /// <summary>Steps of the set-up's CPU follow: the teardown of a state.</summary>
    public void BeginClose()
    {
        Ghost.LogHere();
        Ghost.NumberFor(SetupCpu.Number);
    }

    /// <param name="mark">becomes this moment</param>
    /// <param name="stepper">whose step follows; -1 where any CPU may run</param>
    public void Keep(MachineMark mark, int stepper)
    {
        base.Keep(mark, stepper);
        if (stepper >= FirstUnit) return;
        (int first, int count) = stepper < 0 ? (0, Cpus.Length) : (stepper, 1);
        if (mark.KernelCpus.Length < count) mark.KernelCpus = [.. Enumerable.Range(0, count).Select(_ => new CpuMark())];
        for (int i = 0; i < count; i++)
        {
            Cpus[first + i].Save(mark.KernelCpus[i]);
            mark.KernelCpus[i].Numbers = Ghost.Numbers(first + i);
        }
    }

    /// <summary>The machine is again what it was at the mark.</summary>
    public void Undo(MachineMark mark)
    {
        base.Undo(mark);
        WatchesAll = RemovedPages != 0;
        if (mark.Stepper >= FirstUnit) return;
        (int first, int count) = mark.Stepper < 0 ? (0, Cpus.Length) : (mark.Stepper, 1);
        for (int i = 0; i < count; i++)
        {
            Cpus[first + i].Load(mark.KernelCpus[i]);
            Ghost.PutBack(first + i, mark.KernelCpus[i].Numbers);
        }
    }

    internal void PutBack(LogKind kind, int index, ulong old)
    {
        if (Ghost.PutBack(kind, index, old)) return;
        switch (kind)
        {
            case LogKind.ListLength: Cpus[index / Geometry.PcpOrders].Handles.PcpCount.PutBack(index, old); break;
            case LogKind.Section: Cpus[index].PutBackSections(old); break;
            case LogKind.Inside: _inside.PutBack(index, old); break;
            case LogKind.Waits: _waitsForSections.PutBack(old); break;
            case LogKind.WaitsForGrace: _waitsForGrace.PutBack(old); break;
            case LogKind.RemovedPages: _removedPages.PutBack(old); break;
            case LogKind.SharedVmemmap: _sharedVmemmap.PutBack(old); break;
            default: Driver.PutBack(kind, index, old); break;
        }
    }

    /// <summary>
    /// What a CPU's next step depends on beside what others share: where it is, its handles, the stores that it waits with. Two such are the same where
    /// this is.
    /// </summary>
    public UInt128 LocalKey(int cpu)
    {
        var hash = new StateHash((ulong)cpu + 1);
        AddCpuTo(ref hash, cpu);
        Cpus[cpu].AddOwnTo(ref hash);
        return hash.Key;
    }

    /// <summary>
    /// Everything that decides what can still happen and what the judge will say of it: what all share, from the log, and what each CPU has for
    /// itself. Two machines in one run that have the same cannot be told apart from then on, but for who wrote what and how many steps it took.
    /// </summary>
    /// <param name="locals">of each CPU, as <see cref="LocalKey"/> gives them</param>
    public UInt128 KeyWith(ReadOnlySpan<UInt128> locals)
    {
        var hash = new StateHash(0);
        hash.Fold((Log!.Sum.Low, Log.Sum.High));
        for (int cpu = 0; cpu < locals.Length; cpu++)
        {
            hash.Fold(((ulong)locals[cpu], (ulong)(locals[cpu] >> 64)));
            (int obj, int life) = Ghost.Numbers(cpu);
            hash.Add((ulong)(uint)obj << 32 | (uint)life);
        }
        return hash.Key;
    }

    /// <summary>As <see cref="KeyWith"/>, with the CPUs' own keys taken anew.</summary>
    public UInt128 Key
    {
        get
        {
            Span<UInt128> locals = stackalloc UInt128[Geometry.CpuLimit];
            locals = locals[..Arena.Cpus];
            for (int cpu = 0; cpu < locals.Length; cpu++) locals[cpu] = LocalKey(cpu);
            return KeyWith(locals);
        }
    }

    /// <summary>All that is logged, summed up from what it holds: for tests, which compare it with what the log has come to.</summary>
    internal StateSum SumAll()
    {
        var sum = new StateSum();
        SumWords(ref sum);
        Ghost.SumTo(ref sum);
        foreach (Cpu cpu in Cpus) cpu.SumTo(ref sum);
        _inside.SumTo(ref sum);
        _waitsForSections.SumTo(ref sum);
        _waitsForGrace.SumTo(ref sum);
        _removedPages.SumTo(ref sum);
        _sharedVmemmap.SumTo(ref sum);
        Driver.SumTo(ref sum);
        return sum;
    }
}

public sealed partial class Cpu
{
    internal void LogTo(StepLog? log, ref int place)
    {
        Handles.PcpCount.Begin(log, ref place);
        _sections.Begin(log, ref place);
    }

    internal void Save(CpuMark mark)
    {
        Handles.All.CopyTo(mark.Handles, 0);
        mark.GivenAway = GivenAway;
    }

    internal void Load(CpuMark mark)
    {
        mark.Handles.CopyTo(Handles.All, 0);
        GivenAway = mark.GivenAway;
    }

    internal void PutBackSections(ulong old) => _sections.PutBack(old);

    internal void AddOwnTo(ref StateHash hash)
    {
        Handles.AddTo(ref hash);
        hash.Add(GivenAwayPages == 0 ? 0 : (ulong)GivenAway);
    }

    internal void SumTo(ref StateSum sum)
    {
        Handles.PcpCount.SumTo(ref sum);
        _sections.SumTo(ref sum);
    }
}

public sealed partial class Handles
{
    internal Handle[] All => _slots;

    internal void AddTo(ref StateHash hash)
    {
        for (int i = 0; i < _slots.Length; i++)
        {
            ref Handle h = ref _slots[i];
            if (h.Kind == HandleKind.None) continue;
            hash.Add((ulong)i << 56 | (ulong)h.Kind << 48 | (uint)h.Pfn);
            hash.Add((ulong)(uint)h.Life << 32 | (uint)h.Order);
            hash.Add((ulong)(uint)h.Count << 32 | (uint)h.Extra);
            hash.Add((ulong)h.Repeat);
        }
    }
}

public sealed partial class DriverAllocator
{
    internal void LogTo(StepLog? log, ref int place)
    {
        _free.Begin(log, ref place);
        _largeOrder.Begin(log, ref place);
        _closed.Begin(log, ref place);
        _carved.Begin(log, ref place);
        _outstanding.Begin(log, ref place);
    }

    internal void PutBack(LogKind kind, int index, ulong old)
    {
        if (kind == LogKind.DriverFree) _free.PutBack(index, old);
        else if (index == 0) _largeOrder.PutBack(old);
        else if (index == 1) _closed.PutBack(old);
        else if (index == 2) _carved.PutBack(old);
        else _outstanding.PutBack(old);
    }

    internal void SumTo(ref StateSum sum)
    {
        _free.SumTo(ref sum);
        _largeOrder.SumTo(ref sum);
        _closed.SumTo(ref sum);
        _carved.SumTo(ref sum);
        _outstanding.SumTo(ref sum);
    }
}
