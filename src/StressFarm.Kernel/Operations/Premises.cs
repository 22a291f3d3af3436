namespace StressFarm.Kernel.Operations;

/// <summary>
/// What an operation takes for granted of the machine and of those beside it. Workloads keep to it; a programme that somebody
/// wrote is refused where it does not, since a violation would then be the model's and no design's.
/// </summary>
[Flags]
public enum Premises
{
    None = 0,
    /// <summary>Nobody else runs yet.</summary>
    SetupOnly = 1,
    /// <summary>The arena has device memory.</summary>
    Device = 2,
    /// <summary>The arena has sections that come and go.</summary>
    Sections = 4,
    /// <summary>The arena has hugetlb, and pages that fail.</summary>
    Hugetlb = 8,
    /// <summary>The pgmap is MEMORY_DEVICE_PRIVATE.</summary>
    DevicePrivate = 16,
    /// <summary>The pgmap is MEMORY_DEVICE_FS_DAX.</summary>
    FsDax = 32,
    /// <summary>No memmap goes: pages are looked at by pfn without asking.</summary>
    Pfns = 64,
    /// <summary>A memmap goes.</summary>
    TakesPages = 128,
    /// <summary>Device-private memory is unmapped without <c>anon_vma->root->rwsem</c>: one mm has it.</summary>
    Unlocked = 256,
    /// <summary>Entries that are not present get into several mms.</summary>
    Shares = 512,
    /// <summary>Where there is hugetlb, it may be about page tables of the mm that has its VMAs.</summary>
    HugetlbTables = 1024,
    /// <summary>It is about no other page tables.</summary>
    HugetlbOnly = 2048,
    /// <summary>Pages fail.</summary>
    Poisons = 4096,
    /// <summary>Folios get into the page cache or the swap cache.</summary>
    Caches = 8192,
    /// <summary>Folios become active.</summary>
    Activates = 16384,
    /// <summary>Folios move to other memory.</summary>
    Moves = 32768,
}

/// <summary>What of two operations cannot hold at once.</summary>
public static class PremiseRules
{
    /// <summary>Pairs, with the reason.</summary>
    private static readonly (Premises One, Premises Other, string Why)[] s_pairs =
    [
        (Premises.DevicePrivate, Premises.FsDax, "device memory is device-private or FS-DAX, not both"),
        (Premises.Pfns, Premises.TakesPages, "pages that are looked at without asking must not be taken away: pfn_to_online_page and get_dev_pagemap ask"),
        (Premises.Unlocked, Premises.Shares, "device memory that several mms map is faulted and evicted under a lock: do_swap_page (device private, shared) and memunmap_pages take it"),
        (Premises.Poisons, Premises.Caches, "how the page cache and the swap cache take failing pages is not modelled"),
        (Premises.Activates, Premises.Moves, "how active folios move is not modelled"),
    ];

    /// <summary>It is about device memory, of whatever kind.</summary>
    public static bool AboutDevice(Premises premises) => (premises & (Premises.Device | Premises.DevicePrivate | Premises.FsDax)) != 0;

    /// <summary>Why two operations are not for one programme; empty when they are.</summary>
    public static string Conflict(Premises one, Premises other)
    {
        foreach (var (a, b, why) in s_pairs)
            if ((one & a) != 0 && (other & b) != 0 || (one & b) != 0 && (other & a) != 0) return why;
        return "";
    }

    /// <summary>What the arena lacks for it; empty when it has all.</summary>
    public static string Lack(Premises premises, in Arena arena)
    {
        if (AboutDevice(premises) && arena.DevicePages == 0) return "device memory: give the arena a device_order";
        if ((premises & (Premises.Sections | Premises.TakesPages)) != 0 && !arena.Hotplug) return "sections that come and go: write hotplug: 1 in the arena";
        if ((premises & Premises.Hugetlb) != 0 && !arena.HasHugetlb) return "hugetlb: give the arena a huge_order";
        return (premises & Premises.FsDax) != 0 && arena.PmdOrder > FsDaxPmdOrder ? $"PMD entries no larger than a DAX entry: write pmd_order: {FsDaxPmdOrder} in the arena" : "";
    }

    private const int FsDaxPmdOrder = 3;

    /// <summary>The mm that has hugetlb's VMAs, where there is hugetlb.</summary>
    public const int HugetlbMm = Geometry.MaxMms - 1;

    /// <summary>What is wrong with the mms that a call is about; empty when nothing is.</summary>
    public static string WrongMm(OpCall call, Premises premises, in Arena arena)
    {
        if (!arena.HasHugetlb) return "";
        foreach (Parameter parameter in call.Operation.Parameters)
        {
            if (!ReferenceEquals(parameter.Domain, Domain.Mm)) continue;
            if (call[parameter] == HugetlbMm && (premises & Premises.HugetlbTables) == 0) return $"with hugetlb, {parameter.Name}={HugetlbMm} has its page tables: write another";
            if (call[parameter] != HugetlbMm && (premises & Premises.HugetlbOnly) != 0) return $"with hugetlb, {parameter.Name}={HugetlbMm} alone has its page tables: write that one";
        }
        return "";
    }
}
