namespace StressFarm.Engine;

/// <summary>
/// MM=TSO and WEAK: which stores other CPUs do not see yet. The memory holds the newest value of every word, so that the ghost and
/// the judge see the order in which stores were issued; a buffered store is kept as the value it replaced, and that is what the
/// other CPUs go on reading until it drains.
/// </summary>
/// <remarks>
/// Draining is done by two units of each CPU that the scheduler steps like CPUs: a run stays a pure function of its choices. The
/// first drains the oldest store. The second exists for WEAK: it satisfies a load early, or drains the youngest store that no
/// barrier and no store to the same word holds back. Only plain stores to struct pages wait; whatever is atomic, takes or drops a
/// lock or writes a cell (page tables, lists, the xarray: xchg, release stores, or under a lock) drains its own CPU's buffer.
/// </remarks>
internal sealed partial class StoreBuffers
{
    private const int Depth = 16;
    private const int NoWord = -1;

    private readonly StepMachine _machine;
    private readonly Buffer[] _buffers;

    public StoreBuffers(StepMachine machine)
    {
        _machine = machine;
        _buffers = new Buffer[machine.MaxCpus];
        var steppers = new StepCpu[StepMachine.FirstUnit + 2 * _buffers.Length];
        machine.AllCpus.CopyTo(steppers, 0);
        for (int i = 0; i < _buffers.Length; i++)
        {
            int first = StepMachine.FirstUnit + 2 * i;
            _buffers[i] = new Buffer(i, steppers[first] = new StepCpu(machine, first), steppers[first + 1] = new StepCpu(machine, first + 1));
        }
        Steppers = steppers;
    }

    /// <summary>By number: the CPUs, and from <see cref="StepMachine.FirstUnit"/> on their units.</summary>
    public StepCpu[] Steppers { get; }

    internal struct Entry
    {
        public int Word;
        /// <summary>What the others see in the bits of <see cref="Mask"/>.</summary>
        public ulong Old;
        public ulong Mask;
        /// <summary>Barriers before it.</summary>
        public int Epoch;
    }

    private sealed class Buffer(int cpu, StepCpu inOrder, StepCpu outOfOrder)
    {
        public readonly int Cpu = cpu;
        public readonly StepCpu InOrder = inOrder, OutOfOrder = outOfOrder;
        public readonly Entry[] Entries = new Entry[Depth];
        public int Count;
        public int Epoch;
        /// <summary>The word that a load may be satisfied from early; whether it was, and with what.</summary>
        public int EarlyWord = NoWord;
        public bool EarlyTaken;
        public ulong EarlyValue;
    }

    public void Reset()
    {
        foreach (Buffer buffer in _buffers)
        {
            (buffer.Count, buffer.Epoch, buffer.EarlyWord) = (0, 0, NoWord);
            buffer.InOrder.Pending = buffer.OutOfOrder.Pending = default;
        }
    }

    private bool Weak => _machine.MemoryModel == MemoryModel.Weak;

    /// <summary>A CPU has done an access: loads learn what they see, stores wait, what orders them drains.</summary>
    /// <returns>the access's result and value, as this CPU sees them</returns>
    public (ulong Result, ulong Value) After(StepCpu cpu, in Access access, ulong old, ulong result, ulong value)
    {
        if (cpu.Number >= _machine.ActiveCpus) return (result, value); // set-up and teardown run alone
        Buffer own = _buffers[cpu.Number];
        if (access.Kind == AccessKind.Load)
        {
            ulong seen = Seen(own, access.Location);
            return (seen, seen);
        }
        if (access.Kind == AccessKind.Load32)
        {
            ulong seen = (uint)(Seen(own, access.Location >> 1) >> ((access.Location & 1) * 32));
            return (seen, seen);
        }
        Order(own, access, old);
        return (result, value);
    }

    /// <summary>Everything but loads.</summary>
    private void Order(Buffer own, in Access access, ulong old)
    {
        Note(own, changed: false);
        switch (access.Kind)
        {
            case AccessKind.Store when access.Location < _machine.Words.FirstCell:
                Wait(own, access.Location, old, ulong.MaxValue);
                return;
            case AccessKind.Store32 when access.Location >> 1 < _machine.Words.FirstCell:
                int shift = (access.Location & 1) * 32;
                Wait(own, access.Location >> 1, old << shift, 0xffff_fffful << shift);
                return;
            case AccessKind.Fence:
                Fence(own, (FenceKind)access.A);
                return;
            case AccessKind.Yield or AccessKind.None:
                return;
            case AccessKind.Burst:
                foreach (Buffer each in _buffers) Drain(each);
                return;
        }
        Drain(own);
        if (access.Kind is not (AccessKind.Unlock or AccessKind.Store or AccessKind.Store32)) Forget(own);
        Reveal(own, access.WordIndex);
        Update(own);
    }

    private void Fence(Buffer own, FenceKind kind)
    {
        if (kind == FenceKind.Mb) Drain(own);
        if (kind == FenceKind.Wmb) own.Epoch++;
        Note(own, changed: kind == FenceKind.Wmb);
        if (kind != FenceKind.Wmb) Forget(own);
        Update(own);
    }

    /// <summary>smp_store_release() and the like: the store that follows becomes visible after those before it.</summary>
    public void Release(StepCpu cpu)
    {
        if (cpu.Number < _buffers.Length) _buffers[cpu.Number].Epoch++;
    }

    /// <summary>From here on the CPU knows the address of a word it will load: the load may be satisfied at once (WEAK).</summary>
    public void Want(StepCpu cpu, Word word)
    {
        if (!Weak || cpu.Number >= _machine.ActiveCpus) return;
        Buffer own = _buffers[cpu.Number];
        (own.EarlyWord, own.EarlyTaken) = (word.Index, false);
        Note(own, changed: true);
        Update(own);
    }

    /// <summary>An acquire: whatever was loaded early is loaded again.</summary>
    private void Forget(Buffer own)
    {
        Note(own, changed: own.EarlyWord != NoWord);
        own.EarlyWord = NoWord;
    }

    private void Note(Buffer buffer, bool changed)
    {
        if (StepLog.IsKept) _machine.Words.Log?.Buffer(buffer.Cpu, changed);
    }

    private ulong Seen(Buffer own, int word)
    {
        if (own.EarlyWord == word)
        {
            bool taken = own.EarlyTaken;
            Forget(own);
            Update(own);
            if (taken) return own.EarlyValue;
        }
        return Visible(own, word);
    }

    /// <summary>The newest value, less what others have not let out yet.</summary>
    private ulong Visible(Buffer own, int word)
    {
        ulong value = _machine.Words[new Word(word)];
        foreach (Buffer other in _buffers)
        {
            if (ReferenceEquals(other, own)) continue;
            for (int i = other.Count - 1; i >= 0; i--)
            {
                ref Entry e = ref other.Entries[i];
                if (e.Word == word) value = (value & ~e.Mask) | (e.Old & e.Mask);
            }
        }
        return value;
    }

    private void Wait(Buffer own, int word, ulong old, ulong mask)
    {
        Reveal(own, word);
        if (own.EarlyWord == word) Forget(own);
        if (own.Count == Depth) Remove(own, 0);
        Note(own, changed: true);
        own.Entries[own.Count++] = new Entry { Word = word, Old = old, Mask = mask, Epoch = Weak ? own.Epoch : own.Count };
        Update(own);
    }

    /// <summary>Another CPU writes this word: stores to it that others wait with come before, and are visible now, with what they must follow.</summary>
    private void Reveal(Buffer writer, int word)
    {
        foreach (Buffer other in _buffers)
        {
            if (ReferenceEquals(other, writer)) continue;
            int last = other.Count - 1;
            while (last >= 0 && other.Entries[last].Word != word) last--;
            if (last < 0) continue;
            int epoch = other.Entries[last].Epoch;
            for (int i = last; i >= 0; i--)
                if (!Weak || other.Entries[i].Word == word || other.Entries[i].Epoch < epoch) Remove(other, i);
            Update(other);
        }
    }

    private void Drain(Buffer own)
    {
        Note(own, changed: own.Count > 0);
        if (StepLog.IsKept && _machine.Words.Log is { } log)
            for (int i = 0; i < own.Count; i++) log.Show(own.Entries[i].Word);
        own.Count = 0;
        Update(own);
    }

    private void Remove(Buffer own, int at)
    {
        Note(own, changed: true);
        if (StepLog.IsKept) _machine.Words.Log?.Show(own.Entries[at].Word);
        own.Count--;
        for (int i = at; i < own.Count; i++) own.Entries[i] = own.Entries[i + 1];
    }

    /// <summary>A unit does what it named.</summary>
    public void Step(StepCpu unit)
    {
        Buffer own = _buffers[(unit.Number - StepMachine.FirstUnit) / 2];
        int word = unit.Pending.Location;
        Note(own, changed: true);
        if (unit.Pending.StepNumber == _machine.EarlyLoadStep)
        {
            ulong seen = Visible(own, word);
            (own.EarlyTaken, own.EarlyValue) = (true, seen);
            _machine.RecordUnit(unit, 0, seen);
        }
        else
        {
            int at = ReferenceEquals(unit, own.InOrder) ? 0 : Youngest(own);
            ulong before = own.Entries[at].Old;
            Remove(own, at);
            _machine.RecordUnit(unit, before, _machine.Words[new Word(word)]);
        }
        Update(own);
    }

    /// <summary>The youngest store that may become visible before the oldest: no barrier between them, and none to its word before it; -1 for none.</summary>
    private static int Youngest(Buffer own)
    {
        for (int i = own.Count - 1; i > 0; i--)
        {
            if (own.Entries[i].Epoch != own.Entries[0].Epoch) continue;
            bool first = true;
            for (int j = 0; j < i && first; j++) first = own.Entries[j].Word != own.Entries[i].Word;
            if (first) return i;
        }
        return -1;
    }

    /// <summary>What the units of a CPU can do next.</summary>
    private void Update(Buffer own)
    {
        Name(own.InOrder, own.Count > 0 ? own.Entries[0].Word : NoWord, AccessKind.Store, _machine.DrainStep);
        if (own.EarlyWord >= 0 && !own.EarlyTaken)
        {
            Name(own.OutOfOrder, own.EarlyWord, AccessKind.Load, _machine.EarlyLoadStep);
            return;
        }
        int youngest = Weak ? Youngest(own) : -1;
        Name(own.OutOfOrder, youngest < 0 ? NoWord : own.Entries[youngest].Word, AccessKind.Store, _machine.DrainStep);
    }

    private void Name(StepCpu unit, int word, AccessKind kind, ushort step)
    {
        unit.Pending.Kind = word < 0 ? AccessKind.None : kind;
        unit.Pending.StepNumber = step;
        unit.Pending.Location = word;
        _machine.SetUnitRunnable(unit.Number, word >= 0);
    }
}
