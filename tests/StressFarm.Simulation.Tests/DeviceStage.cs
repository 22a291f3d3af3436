namespace StressFarm.Simulation.Tests;

/// <summary>A <see cref="Stage"/> with device memory, whose pages are numbered from the start of the device arena.</summary>
internal sealed class DeviceStage
{
    public DeviceStage(Policy? policy = null, int deviceOrder = 3, int pmdOrder = 3)
    {
        Stage = new Stage(policy, systemOrder: deviceOrder < 5 ? 5 : deviceOrder, deviceOrder: deviceOrder, pmdOrder: pmdOrder, pages: deviceOrder > 5 ? 2048 : 64);
        Base = Stage.Machine.Geometry.DeviceBase;
        Pages = 1 << deviceOrder;
    }

    public Stage Stage { get; }
    public int Base { get; }
    public int Pages { get; }
    public Machine Machine => Stage.Machine;
    public MemMap Memory => Stage.Memory;
    public Violation? Violation => Stage.Violation;

    public Page Page(int i) => new(Base + i);
    public Folio Folio(int i) => new(Base + i);

    /// <summary>Hands out a folio, locked and held by the CPU; its page number, or -1.</summary>
    public int Alloc(int order, int choice = 0, int cpu = 0)
    {
        DeviceBlock block = Stage.Call(c => DeviceMemory.Alloc(c, order, choice), cpu);
        return block.IsNone ? -1 : block.Pfn - Base;
    }

    /// <summary>Hands out a folio at a given page, which must be free and aligned: the choice that leads there is searched.</summary>
    public void AllocAt(int page, int order, int cpu = 0) => Assert.Equal(page, Alloc(order, ChoiceFor(page, order), cpu));

    /// <summary>Which of the fitting ranges the one at this page is.</summary>
    public int ChoiceFor(int page, int order)
    {
        int choice = 0;
        for (int at = 0; at < page; at += 1 << order)
            if (Enumerable.Range(at, 1 << order).All(i => Stage.Ghost.OwnerOf(Base + i) == Owner.DevFree)) choice++;
        return choice;
    }

    public void Unlock(int page, int cpu = 0) => Stage.Run(c => FolioReferences.Unlock(c, Folio(page)), cpu);
    public void Put(int page, int cpu = 0) => Stage.Run(c => FolioReferences.PutPage(c, Page(page)), cpu);
    public void Release(int page, int cpu = 0) => Stage.Run(c => DeviceMigration.UnlockAndPut(c, Page(page)), cpu);

    /// <summary>Maps a fresh locked folio into mm 0.</summary>
    public void Map(int page, int order, int slot, bool pmd = false, int cpu = 0) =>
        Assert.True(Stage.Call(c => DeviceMigration.Insert(c, Folio(page), order, 0, slot, pmd), cpu));

    /// <summary>A folio of an order lived at page 0, was mapped, unmapped and freed.</summary>
    public DeviceStage AfterLifeOf(int order)
    {
        AllocAt(0, order);
        bool pmd = order == Machine.Arena.PmdOrder;
        Map(0, order, 0, pmd);
        for (int slot = 0; slot < (pmd ? 1 : 1 << order); slot++) Stage.Run(c => Zap.Slot(c, 0, slot));
        Stage.AssertClean();
        Assert.Equal(Owner.DevFree, Stage.Ghost.OwnerOf(Base));
        return this;
    }

    /// <summary>Runs a protocol on a CPU for at most <paramref name="steps"/> steps, as long as it can go on.</summary>
    public void Advance(int cpu, int steps)
    {
        Cpu c = Machine.Cpus[cpu];
        for (int i = 0; i < steps && !c.Finished && Violation is null && (Machine.Runnable & (1u << cpu)) != 0; i++) Machine.Step(c);
    }

    public bool IsTail(int page) => CompoundPages.IsTail(Memory[Page(page).Info]);
    public int Refcount(int page) => (int)Memory[Page(page).Refcount];
    public bool Locked(int page) => (Memory[Page(page).Flags] & PageFlag.Locked) != 0;
}
