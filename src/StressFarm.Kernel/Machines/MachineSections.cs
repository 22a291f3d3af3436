namespace StressFarm.Kernel.Machines;

/// <summary>Waits for the sections of other CPUs to end: IPIs and grace periods.</summary>
public abstract partial class KernelMachine
{
    /// <summary>CPUs that wait for the sections of others to end, one bit each; and which of them for grace periods.</summary>
    private uint _waitsForSections, _waitsForGrace;
    /// <summary>By waiting CPU: whose sections have not ended since its wait began. The ghost's own copy of <see cref="Cells.ReadersOf"/>.</summary>
    private readonly ulong[] _inside = new ulong[Geometry.CpuLimit + 1];

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
        _waitsForSections |= 1u << cpu.Number;
        if (grace) _waitsForGrace |= 1u << cpu.Number;
        return readers;
    }

    /// <summary>The wait is over; whom it should have waited for.</summary>
    internal ulong EndWaitForSections(Cpu cpu)
    {
        _waitsForSections &= ~(1u << cpu.Number);
        _waitsForGrace &= ~(1u << cpu.Number);
        return _inside[cpu.Number];
    }

    /// <summary>A CPU has IRQs on again, or left rcu_read_lock(): whoever waits for it waits for one less.</summary>
    internal void LeftSection(Cpu cpu)
    {
        for (uint rest = _waitsForSections; rest != 0; rest &= rest - 1)
        {
            int waiting = int.TrailingZeroCount((int)rest);
            bool grace = (_waitsForGrace >> waiting & 1) != 0;
            if (cpu.IrqsOff || (grace && cpu.InRcu)) continue;
            _inside[waiting] &= ~(1UL << cpu.Number);
            Word readers = Cells.ReadersOf(waiting);
            Memory.Write(readers.Index, Memory[readers] & ~(1UL << cpu.Number), cpu.Writer);
            NoteWrite();
        }
    }
}
