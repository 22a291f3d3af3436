namespace StressFarm.Simulation.Tests;

/// <summary>A stage with hugetlb: folios of eight pages, of which the upper four lie in a vmemmap page of their own.</summary>
internal static class HugetlbStage
{
    public static Stage New(Policy? policy = null, int systemOrder = 4)
    {
        var stage = new Stage(policy, systemOrder);
        stage.Programme.Arena = stage.Programme.Arena with { HugeOrder = 3, VmemmapOrder = 2 };
        stage.Machine.Reset(stage.Programme.Arena, policy ?? Policy.Control, stage.Programme);
        return stage;
    }

    public static Policy With(Deviation deviation) => Policy.Control with { Deviations = deviation };

    /// <summary>A free folio of the pool, at page 0.</summary>
    public static Stage Grown(Policy? policy = null, int systemOrder = 4) => New(policy, systemOrder).Run(async cpu => { await HugetlbPool.Grow(cpu); });

    public static void AssertNothingLeft(this Stage stage)
    {
        stage.Machine.Judge.Audit(whole: true);
        stage.Run(Teardown.Run);
        stage.Machine.Judge.AuditEmpty();
        stage.AssertClean();
    }

    /// <summary>Audits the machine as it is.</summary>
    public static void Audit(this Stage stage) => stage.Machine.Judge.Audit(whole: true);

    /// <summary>One step of a CPU.</summary>
    public static void Step(this Stage stage, int cpu) => stage.Machine.Step(stage.Machine.Cpus[cpu]);

    /// <summary>memory_failure() on a CPU.</summary>
    public static Stage Fail(this Stage stage, int pfn, int cpu = 0) => stage.Run(c => MemoryFailure.Fail(c, pfn), cpu, "memory_failure");

    public static bool Poisoned(this Stage stage, int pfn) => (stage.Memory[new Page(pfn).Flags] & PageFlag.HwPoison) != 0;

    /// <summary>A mapped anonymous folio in mm 0; its pfn.</summary>
    public static int Anon(this Stage stage, int slot, int order)
    {
        stage.Run(cpu => AnonMemory.Fault(cpu, 0, slot, order, pmd: false));
        return new PageTableEntry(stage.Memory[stage.Machine.Cells.Pte(0, slot)]).Pfn;
    }
}
