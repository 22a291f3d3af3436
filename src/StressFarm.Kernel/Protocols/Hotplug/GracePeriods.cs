namespace StressFarm.Kernel.Protocols;

/// <summary>
/// Waiting for what other CPUs are inside of when the wait begins. A CPU that enters later is not waited for.
/// </summary>
public static class GracePeriods
{
    /// <summary>
    /// <c>mm/mmu_gather.c:tlb_remove_table_sync_one</c>: an interrupt to every CPU, which one with IRQs off takes only when it
    /// has them on again. It is how page tables are kept from lockless walkers.
    /// </summary>
    public static Op Interrupt(Cpu cpu) => Wait(cpu, grace: false, Step.Ipi, Step.IpiWait);

    /// <summary>synchronize_rcu(): rcu_read_lock() and IRQs off alike.</summary>
    public static Op SynchronizeRcu(Cpu cpu) => Wait(cpu, grace: true, Step.Grace, Step.GraceWait);

    private static async Op Wait(Cpu cpu, bool grace, Step begin, Step wait)
    {
        Word readers = cpu.Cells.ReadersOf(cpu.Number);
        await cpu.Burst(readers, begin);
        cpu.Poke(readers, cpu.Machine.BeginWaitForSections(cpu, grace));
        await cpu.Lock(readers, wait, AllCpus);
        ulong inside = cpu.Machine.EndWaitForSections(cpu);
        if (inside != 0) cpu.TellOfNone(MomentKind.WaitOver, -1, inside, grace ? 1UL : 0);
        await cpu.Unlock(readers, wait, AllCpus);
    }

    private const ulong AllCpus = (1UL << Geometry.CpuLimit + 1) - 1;
}
