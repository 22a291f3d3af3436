namespace StressFarm.Kernel.Machines;

/// <summary>What a state is made of, for a search that keeps states apart; and for tests that leave a part out.</summary>
[Flags]
public enum StateParts
{
    None = 0,
    Memory = 1,
    /// <summary>Where the CPUs are: what they have named, and their suspended methods' locals.</summary>
    Frames = 1 << 1,
    /// <summary>What edits remember.</summary>
    Edits = 1 << 2,
    GhostPages = 1 << 3,
    GhostObjects = 1 << 4,
    GhostHolders = 1 << 5,
    GhostTables = 1 << 6,
    /// <summary>What numbers objects and generations get next.</summary>
    GhostNumbers = 1 << 7,
    Handles = 1 << 8,
    /// <summary>Lengths of the per-CPU lists.</summary>
    ListLengths = 1 << 9,
    /// <summary>IRQs, RCU, and who waits for whose sections.</summary>
    Sections = 1 << 10,
    /// <summary>The driver's allocator.</summary>
    Driver = 1 << 11,
    /// <summary>Memmaps that are gone or shared.</summary>
    Vmemmap = 1 << 12,
    All = (1 << 13) - 1,
}

/// <summary>A machine as it was between two steps; filled again and again.</summary>
public sealed class MachineImage : StepMachineImage
{
    internal readonly GhostImage Ghost = new();
    internal readonly ulong[] Inside = new ulong[Geometry.CpuLimit + 1];
    internal CpuImage[] KernelCpus = [];
    internal readonly DriverImage Driver = new();
    internal uint WaitsForSections, WaitsForGrace;
    internal int RemovedPages, SharedVmemmap;

    /// <summary>About as much memory as it takes.</summary>
    public long Bytes => 4096 + Memory.Lines.Length * 132L + Ghost.Owner.Length * 14L + Ghost.Objects.Length * 64L + (Ghost.Held.Length + Ghost.MmMaps.Length) * 4L;
}

/// <summary>What the kernel keeps of a CPU beside what it runs.</summary>
internal sealed class CpuImage
{
    public readonly Handle[] Handles = new Handle[Machines.Handles.Capacity];
    public readonly int[] Lists = new int[Geometry.PcpOrders];
    public bool IrqsOff, InRcu;
    public int GivenAway;
}

public abstract partial class KernelMachine
{
    /// <summary>Only once <see cref="BeginImages"/> was called.</summary>
    public void Save(MachineImage image)
    {
        base.Save(image);
        Ghost.Save(image.Ghost);
        if (image.KernelCpus.Length == 0) image.KernelCpus = [.. Cpus.Select(_ => new CpuImage())];
        for (int i = 0; i < Cpus.Length; i++) Cpus[i].Save(image.KernelCpus[i]);
        Driver.Save(image.Driver);
        _inside.CopyTo(image.Inside, 0);
        (image.WaitsForSections, image.WaitsForGrace) = (_waitsForSections, _waitsForGrace);
        (image.RemovedPages, image.SharedVmemmap) = (RemovedPages, SharedVmemmap);
    }

    /// <summary>The machine is again what it was, in the run that the image was taken in.</summary>
    public void Load(MachineImage image)
    {
        base.Load(image);
        Ghost.Load(image.Ghost);
        for (int i = 0; i < Cpus.Length; i++) Cpus[i].Load(image.KernelCpus[i]);
        Driver.Load(image.Driver);
        image.Inside.CopyTo(_inside, 0);
        (_waitsForSections, _waitsForGrace) = (image.WaitsForSections, image.WaitsForGrace);
        if (RemovedPages != image.RemovedPages) RemovedPages = image.RemovedPages;
        SharedVmemmap = image.SharedVmemmap;
    }

    /// <summary>The set-up is over and the CPUs wait at their first accesses: from here on steps are taken by <see cref="StepOf"/>, and images can be.</summary>
    public void BeginImages()
    {
        OutdateImages();
        Ghost.NumberByCpu();
    }

    /// <summary>A step of a CPU, numbered as its own.</summary>
    public void StepOf(StepCpu cpu)
    {
        Ghost.NumberFor(cpu.Number);
        StepForImages(cpu);
    }

    /// <summary>Set-up CPU's steps follow: the teardown of a state.</summary>
    public void EndImages() => Ghost.NumberFor(SetupCpu.Number);

    /// <summary>
    /// Everything that decides what can still happen and what the judge will say of it. Two machines in one run that have the same cannot be
    /// told apart from then on, but for who wrote what and how many steps it took.
    /// </summary>
    public StateHash Hash(StateParts parts = StateParts.All)
    {
        var hash = new StateHash(0);
        if ((parts & StateParts.Memory) != 0) AddMemoryTo(ref hash);
        if ((parts & StateParts.Frames) != 0) AddCpusTo(ref hash);
        if ((parts & StateParts.Edits) != 0) AddEditsTo(ref hash);
        if ((parts & StateParts.GhostPages) != 0) Ghost.AddPagesTo(ref hash);
        if ((parts & StateParts.GhostObjects) != 0) Ghost.AddObjectsTo(ref hash);
        if ((parts & StateParts.GhostHolders) != 0) Ghost.AddHoldersTo(ref hash);
        if ((parts & StateParts.GhostTables) != 0) Ghost.AddTablesTo(ref hash);
        if ((parts & StateParts.GhostNumbers) != 0) Ghost.AddNumbersTo(ref hash);
        for (int i = 0; i < Arena.Cpus; i++) Cpus[i].AddTo(ref hash, parts);
        if ((parts & StateParts.ListLengths) != 0) SetupCpu.AddTo(ref hash, StateParts.ListLengths);
        if ((parts & StateParts.Sections) != 0) AddSectionsTo(ref hash);
        if ((parts & StateParts.Driver) != 0) Driver.AddTo(ref hash);
        if ((parts & StateParts.Vmemmap) != 0) hash.Add((ulong)RemovedPages << 32 | (uint)SharedVmemmap);
        return hash;
    }

    private void AddSectionsTo(ref StateHash hash)
    {
        hash.Add((ulong)_waitsForSections << 32 | _waitsForGrace);
        // What a CPU waited for stays when it is done, and is read no more.
        for (int i = 0; i < Arena.Cpus; i++) hash.Add((_waitsForSections >> i & 1) != 0 ? _inside[i] : 0);
    }
}

public sealed partial class Cpu
{
    internal void Save(CpuImage image)
    {
        Handles.All.CopyTo(image.Handles, 0);
        Handles.PcpCount.CopyTo(image.Lists, 0);
        (image.IrqsOff, image.InRcu, image.GivenAway) = (_irqsOff, _inRcu, GivenAway);
    }

    internal void Load(CpuImage image)
    {
        image.Handles.CopyTo(Handles.All, 0);
        image.Lists.CopyTo(Handles.PcpCount, 0);
        (_irqsOff, _inRcu, GivenAway) = (image.IrqsOff, image.InRcu, image.GivenAway);
    }

    internal void AddTo(ref StateHash hash, StateParts parts)
    {
        if ((parts & StateParts.Handles) != 0) Handles.AddTo(ref hash);
        if ((parts & StateParts.ListLengths) != 0)
            foreach (int count in Handles.PcpCount) hash.Add((ulong)count);
        if ((parts & StateParts.Sections) != 0) hash.Add((_irqsOff ? 1UL : 0) | (_inRcu ? 2UL : 0));
        if ((parts & StateParts.Frames) != 0) hash.Add(GivenAwayPages == 0 ? 0 : (ulong)GivenAway);
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

internal sealed class DriverImage
{
    public bool[] Free = [];
    public int LargeOrder, Outstanding;
    public bool Closed, Carved;
}

public sealed partial class DriverAllocator
{
    internal void Save(DriverImage image)
    {
        Span<bool> free = _free.AsSpan(0, machine.Arena.DevicePages);
        if (image.Free.Length != free.Length) image.Free = new bool[free.Length];
        free.CopyTo(image.Free);
        (image.LargeOrder, image.Outstanding, image.Closed, image.Carved) = (LargeOrder, Outstanding, Closed, Carved);
    }

    internal void Load(DriverImage image)
    {
        image.Free.CopyTo(_free, 0);
        (LargeOrder, Outstanding, Closed, Carved) = (image.LargeOrder, image.Outstanding, image.Closed, image.Carved);
    }

    internal void AddTo(ref StateHash hash)
    {
        ulong bits = 0;
        for (int i = 0; i < machine.Arena.DevicePages; i++)
        {
            bits = bits << 1 | (_free[i] ? 1UL : 0);
            if (i % 64 == 63) hash.Add(bits);
        }
        hash.Add(bits);
        hash.Add((ulong)(uint)Outstanding << 32 | (uint)LargeOrder << 2 | (Closed ? 2u : 0) | (Carved ? 1u : 0));
    }
}
