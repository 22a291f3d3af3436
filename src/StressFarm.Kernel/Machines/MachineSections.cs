namespace StressFarm.Kernel.Machines;

/// <summary>Waits for the sections of other CPUs to end: IPIs and grace periods.</summary>
public abstract partial class KernelMachine
{
    /// <summary>CPUs that wait for the sections of others to end, one bit each; and which of them for grace periods.</summary>
    private LoggedValue<uint> _waitsForSections = new(LogKind.Waits, 0), _waitsForGrace = new(LogKind.WaitsForGrace, 0);
    /// <summary>By waiting CPU: whose sections have not ended since its wait began. The ghost's own copy of <see cref="Cells.ReadersOf"/>.</summary>
    private Logged<ulong> _inside = new(Geometry.CpuLimit + 1, LogKind.Inside);

    /// <summary>
    /// What smp_call_function() or synchronize_rcu() on this CPU must wait for, in the code of a step on
    /// <see cref="Cells.ReadersOf"/>: the CPUs that are inside a section now.
    /// </summary>
    /// <param name="grace">RCU readers as well, not only CPUs with IRQs off</param>
    internal ulong BeginWaitForSections(Cpu cpu, bool grace)
    {
        ulong readers = 0;
        _inside[cpu.Number] = 0;
        // A wait whose first step an edit skips waits for nobody.
        if (SkippedBurst(cpu)) return 0;
        foreach (Cpu other in Cpus.AsSpan(0, Arena.Cpus))
            if (other != cpu && (other.IrqsOff || (grace && other.InRcu))) readers |= 1UL << other.Number;
        _inside[cpu.Number] = readers;
        _waitsForSections.Value |= 1u << cpu.Number;
        if (grace) _waitsForGrace.Value |= 1u << cpu.Number;
        return readers;
    }

    /// <summary>The wait is over; whom it should have waited for.</summary>
    internal ulong EndWaitForSections(Cpu cpu)
    {
        _waitsForSections.Value &= ~(1u << cpu.Number);
        _waitsForGrace.Value &= ~(1u << cpu.Number);
        ulong inside = _inside[cpu.Number];
        // Nobody asks again; and a state is the same whatever was waited for before.
        _inside[cpu.Number] = 0;
        return inside;
    }

    /// <summary>A CPU has IRQs on again, or left rcu_read_lock(): whoever waits for it waits for one less.</summary>
    internal void LeftSection(Cpu cpu)
    {
        for (uint rest = _waitsForSections.Value; rest != 0; rest &= rest - 1)
        {
            int waiting = int.TrailingZeroCount((int)rest);
            bool grace = (_waitsForGrace.Value >> waiting & 1) != 0;
            if (cpu.IrqsOff || (grace && cpu.InRcu)) continue;
            _inside[waiting] &= ~(1UL << cpu.Number);
            Word readers = Cells.ReadersOf(waiting);
            Memory.Write(readers.Index, Memory[readers] & ~(1UL << cpu.Number), cpu.Writer);
            NoteWrite();
        }
    }
}
