namespace StressFarm.Kernel.Workloads;

/// <summary>
/// The operations of all workloads on one memory: a schedule has one to three of them as guests, side by side on the same pages.
/// Meant for memory that goes on, where what one kind of owner leaves becomes the next one's.
/// </summary>
public sealed class Everything : Workload
{
    /// <summary>What a guest takes for granted of the memory and of those beside it.</summary>
    [Flags]
    private enum Needs
    {
        None = 0,
        /// <summary>The pgmap is MEMORY_DEVICE_PRIVATE.</summary>
        DevicePrivate = 1,
        /// <summary>The pgmap is MEMORY_DEVICE_FS_DAX, and a PMD entry maps as much as a DAX entry may.</summary>
        FsDax = 2,
        /// <summary>Sections can be taken away.</summary>
        Sections = 4,
        /// <summary>No memmap goes: pages are looked at by pfn without asking.</summary>
        Pfns = 8,
        /// <summary>Device-private memory is unmapped without <c>anon_vma->root->rwsem</c>.</summary>
        Unlocked = 16,
        /// <summary>Forks copy entries that are not present, which must not happen in the midst of an unlocked walk.</summary>
        Forks = 32,
        /// <summary>The memory is in one piece, has hugetlb and pages that fail; nobody else is there.</summary>
        Huge = 64,
    }

    private sealed record Guest(Workload Workload, Needs Needs);

    /// <summary>One line a guest.</summary>
    private static readonly Guest[] s_guests =
    [
        new(new Mixed(), Needs.DevicePrivate | Needs.Pfns | Needs.Unlocked),
        new(new DevicePrivateReinit(), Needs.DevicePrivate | Needs.Pfns | Needs.Unlocked),
        new(new FolioSplitWork(), Needs.DevicePrivate | Needs.Pfns | Needs.Unlocked),
        new(new GupPin(), Needs.None),
        new(new DriverMmap(), Needs.None),
        new(new DriverPin(), Needs.None),
        new(new SlabCompound(), Needs.Pfns),
        new(new PfnWalkWorkload(), Needs.Pfns),
        new(new PageCacheWork(), Needs.Pfns),
        new(new FsDaxWork(), Needs.FsDax | Needs.Pfns),
        new(new Migration(), Needs.DevicePrivate | Needs.Pfns | Needs.Forks),
        new(new MigrationEntryWork(), Needs.None),
        new(new DeferredSplitWork(), Needs.Pfns | Needs.Forks),
        new(new Hotplug(), Needs.Sections | Needs.DevicePrivate),
        new(new HugetlbWork(), Needs.Huge | Needs.Pfns),
        new(new HwPoisonWork(), Needs.Huge | Needs.Pfns),
        new(new HwPoisonSplit(), Needs.Huge | Needs.Pfns),
    ];

    private static readonly int s_sections = Array.FindIndex(s_guests, g => (g.Needs & Needs.Sections) != 0);

    /// <summary>The workloads that take part.</summary>
    public static IEnumerable<Workload> Guests => s_guests.Select(g => g.Workload);

    private const int MostGuests = 3;
    private static readonly string[] s_names = ["guest", "guest-2", "guest-3"];
    /// <summary>A PMD entry maps no more than this, as an order: what a guest may find itself with.</summary>
    private const int LargestPmd = 4, DaxPmd = 3;
    /// <summary>Where memory can go, one schedule in so many begins with the guest that takes it.</summary>
    private const int SectionsEvery = 4;

    public override string Id => "everything";
    public override string Summary => "the operations of all workloads on one memory, one to three of them at a time";
    public override bool Standard => false;

    public override void Compose(Programme programme, Geometry geometry)
    {
        Shape shape = programme.Shape;
        bool hotplug = shape.Draw("hotplug", 0, 1) == 1;
        // Small sections: what is looked at is what is taken away.
        int systemOrder = shape.Draw("system-order", 4, Math.Min(hotplug ? 5 : 7, geometry.LargestOrder));
        int deviceOrder = shape.Draw("device-order", 2, Math.Min(4, geometry.LargestOrder));
        var memory = new Arena(1, systemOrder, deviceOrder, 0, SectionOrder: hotplug ? systemOrder - Arena.SectionsOrder : 0);
        int guests = shape.Draw("guests", 1, MostGuests);
        Needs taken = hotplug ? Needs.None : Needs.Pfns;
        uint there = 0;
        for (int i = 0; i < guests; i++)
        {
            int wanted = shape.Draw(s_names[i], 0, s_guests.Length - 1);
            if (i == 0 && hotplug && shape.OneIn(SectionsEvery)) wanted = s_sections;
            int guest = Next(wanted, there, taken, alone: i == 0 && !hotplug);
            if (guest < 0 || (taken & Needs.Huge) != 0) break;
            there |= 1u << guest;
            taken |= s_guests[guest].Needs;
            memory = Invite(programme, geometry, s_guests[guest].Workload, memory);
        }
        // References up to the last that can be counted: nobody else may come then.
        if (int.PopCount((int)there) > 1) programme.Setup.RemoveAll(call => call.Operation is HoldOpaqueReferences);
        int pmd = (taken & Needs.FsDax) != 0 ? DaxPmd : Math.Min(memory.PmdOrder, LargestPmd);
        programme.Arena = memory with { PmdOrder = hotplug ? Math.Min(pmd, memory.SectionOrder) : pmd };
    }

    protected override IEnumerable<Scene> Scenes => GuestTurns.Scenes;

    /// <summary>The guest from this number on, round, that is not there yet and gets on with what is; -1 when there is none.</summary>
    /// <param name="alone">one that must be by itself may come</param>
    private static int Next(int wanted, uint there, Needs taken, bool alone)
    {
        for (int i = 0; i < s_guests.Length; i++)
        {
            int guest = (wanted + i) % s_guests.Length;
            if ((there >> guest & 1) == 0 && Agree(taken | s_guests[guest].Needs) && (alone || (s_guests[guest].Needs & Needs.Huge) == 0)) return guest;
        }
        return -1;
    }

    private static bool Agree(Needs needs) =>
        !Both(needs, Needs.FsDax, Needs.DevicePrivate) && !Both(needs, Needs.Sections, Needs.Pfns) && !Both(needs, Needs.Unlocked, Needs.Forks);

    private static bool Both(Needs needs, Needs one, Needs other) => (needs & one) != 0 && (needs & other) != 0;

    /// <summary>A guest's operations beside those that are there; half of the time they take turns with them, operation by operation.</summary>
    private static Arena Invite(Programme programme, Geometry geometry, Workload guest, Arena memory)
    {
        Span<int> before = stackalloc int[Geometry.CpuLimit];
        for (int cpu = 0; cpu < before.Length; cpu++) before[cpu] = programme.Cpu(cpu).Count;
        bool starts = !programme.Setup.Exists(call => call.Operation is DeviceCarve);
        int setup = programme.Setup.Count;
        guest.Compose(programme, geometry);
        for (int i = programme.Setup.Count - 1; i >= setup; i--)
        {
            OpCall call = programme.Setup[i];
            // The driver starts once, while all its memory is free.
            if (call.Operation is DeviceCarve && !starts) programme.Setup.RemoveAt(i);
            // Whoever had the device memory last, it was not of this type.
            else if (call.Operation is DaxMount) programme.Setup[i] = DaxMount.Call(anew: true);
        }
        if (programme.Shape.OneIn(2))
            for (int cpu = 0; cpu < before.Length; cpu++) Interleave(programme.Cpu(cpu), before[cpu], programme.Shape);
        Arena drawn = programme.Arena;
        return memory with
        {
            Cpus = Math.Min(Math.Max(memory.Cpus, drawn.Cpus), geometry.MaxCpus),
            Memcgs = Math.Max(memory.Memcgs, drawn.Memcgs),
            PmdOrder = memory.PmdOrder == 0 ? drawn.PmdOrder : memory.PmdOrder,
            HugeOrder = Math.Min(drawn.HugeOrder, LargestPmd),
            VmemmapOrder = drawn.HugeOrder > LargestPmd ? LargestPmd - 1 : drawn.VmemmapOrder,
        };
    }

    /// <summary>Moves the calls from <paramref name="second"/> on in among those before them; each keep their order.</summary>
    private static void Interleave(List<OpCall> calls, int second, Shape shape)
    {
        int at = 0;
        for (int i = second; i < calls.Count && at < i; i++)
        {
            at += shape.Pick(i - at + 1);
            OpCall call = calls[i];
            calls.RemoveAt(i);
            calls.Insert(at++, call);
        }
    }
}
