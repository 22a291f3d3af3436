using System.Text;

namespace StressFarm.Campaigns.Tests;

/// <summary>A programme that somebody wrote: what is read, and what is said of what cannot be.</summary>
public class ProgrammeFileTests
{
    private const string Cpus = "cpus:\n  - - zap_pte_range\n";

    private static WrittenProgramme Read(string yaml) => ProgrammeFile.Parse(yaml, "p.yaml");

    [Fact]
    public void Every_key_is_read()
    {
        WrittenProgramme programme = Read("""
            # what is in dispute
            name: my-split
            arena: {system_order: 5, device_order: 2, pmd_order: 2, memcgs: 2}
            allocator: lifo
            setup:
              - driver_devmem_init order=2 count=1
              - do_anonymous_page slot=4 order=2
            cpus:
              - - get_user_pages_fast slot=5 handle=got   # a tail
                - unpin_user_pages handle=got
              - [split_huge_page slot=4]
              - []
            """);
        Assert.Equal("my-split", programme.Id);
        Assert.Equal(new Arena(3, 5, 2, 2, Memcgs: 2), programme.Arena);
        Assert.Equal(Allocator.Lifo, programme.Allocator);
        Assert.Equal([DeviceCarve.Call(order: 2, count: 1), AnonFault.Call(mm: 0, slot: 4, order: 2)], programme.Setup);
        Assert.Equal([GetPages.Call<GetUserPagesFast>(mm: 0, slot: 5), UnpinUserPages.Call(handle: 0)], programme.Cpus[0]);
        Assert.Equal([SlotOperation.Call<SplitHugePage>(mm: 0, slot: 4)], programme.Cpus[1]);
        Assert.Empty(programme.Cpus[2]);
    }

    [Fact]
    public void Names_of_handles_are_numbers_in_the_order_in_which_they_appear()
    {
        WrittenProgramme programme = Read("""
            setup:
              - driver_alloc_pages handle=ring order=1
              - driver_mmap handle=ring slot=8 count=2
            cpus:
              - - pin_user_pages slot=8 handle=a
                - pin_user_pages slot=8 handle=1
                - pin_user_pages slot=9 handle=b
                - driver_mmap handle=ring slot=16 setup=1
                - unpin_user_pages handle=b
                - unpin_user_pages handle=a
            """);
        Assert.Equal(["pin_user_pages mm=0 slot=8 count=1 handle=0 flags=write rounds=0", "pin_user_pages mm=0 slot=8 count=1 handle=1 flags=write rounds=0",
            "pin_user_pages mm=0 slot=9 count=1 handle=2 flags=write rounds=0", "driver_mmap mm=0 slot=16 handle=0 count=1 first=0 setup=1",
            "unpin_user_pages handle=2 range=0", "unpin_user_pages handle=0 range=0"], programme.Cpus[0].Select(c => c.ToString()));
        Assert.Equal("driver_alloc_pages handle=0 producer=af-packet order=1", programme.Setup[0].ToString());
    }

    [Fact]
    public void Equal_programmes_have_one_canonical_form_however_they_are_written()
    {
        string one = Read("cpus:\n- - zap_pte_range slot=3\n  - kmalloc_new handle=x\n  - kfree handle=x\n").Canonical;
        string other = Read("name: programme\nallocator: buddy\nsetup: []\narena: {system_order: 4}\ncpus: [['zap_pte_range count=1 slot=3  mm=0', kmalloc_new, kfree]]").Canonical;
        Assert.Equal(one, other);
        Assert.Equal("""
            name: programme
            arena:
              system_order: 4
              device_order: none
              pmd_order: 3
              memcgs: 1
              hotplug: 0
              huge_order: none
              vmemmap_order: 6
            allocator: buddy
            setup: []
            cpus:
              - - zap_pte_range mm=0 slot=3 count=1
                - kmalloc_new handle=0 order=0 large=0
                - kfree handle=0 page=0

            """, one);
        Assert.Equal(one, Read(one).Canonical);
        Assert.Equal(one, ProgrammeText.TryRead(one, out _)!.Canonical);
    }

    [Theory]
    [InlineData("", "p.yaml:1: the file is empty")]
    [InlineData("- a", "p.yaml:1: a programme is a mapping of keys to values")]
    [InlineData("seed: 1", "p.yaml:1: unknown key 'seed'; there are name, arena, allocator, setup, cpus")]
    [InlineData("name: a\nname: b", "p.yaml:2: name: is given twice")]
    [InlineData("name: a\nname: b\n---\nx", "p.yaml:2: name: is given twice")]
    [InlineData(Cpus + "---\nx: y", "p.yaml:3: a programme file holds one document")]
    [InlineData("name: Mixed Up\n" + Cpus, "p.yaml:1: name: 'Mixed Up' is no name of a programme: it takes small letters")]
    [InlineData("name: mixed\n" + Cpus, "p.yaml:1: name: 'mixed' is no name of a programme")]
    [InlineData("setup: []", "p.yaml:1: cpus: a programme has 1 to 8 CPUs, and there are 0")]
    [InlineData("\ncpus: [[],[],[],[],[],[],[],[],[]]", "p.yaml:2: cpus: a programme has 1 to 8 CPUs, and there are 9")]
    [InlineData("cpus: 3", "p.yaml:1: cpus: takes a list of CPUs, and each of them a list of calls")]
    [InlineData("cpus: [zap_pte_range]", "p.yaml:1: cpus: takes a list of CPUs, and each of them a list of calls")]
    [InlineData("cpus:\n  - - {a: b}", "p.yaml:2: cpus: takes a plain value here")]
    [InlineData("setup: zap_pte_range\n" + Cpus, "p.yaml:1: setup: takes a list of calls, such as: - zap_pte_range mm=0 slot=4")]
    [InlineData("arena: 4\n" + Cpus, "p.yaml:1: arena: takes a mapping of names to numbers")]
    [InlineData("arena:\n  pages: 4\n" + Cpus, "p.yaml:2: arena: unknown key 'pages'; there are system_order, device_order, pmd_order, memcgs, hotplug, huge_order, vmemmap_order")]
    [InlineData("arena:\n  memcgs: 1\n  memcgs: 2\n" + Cpus, "p.yaml:3: arena: 'memcgs' is given twice")]
    [InlineData("arena:\n  system_order: 11\n" + Cpus, "p.yaml:2: arena: system_order: '11' is out of range: it takes 2 to 10")]
    [InlineData("arena:\n  device_order: x\n" + Cpus, "p.yaml:2: arena: device_order: 'x' is out of range: it takes none to 10")]
    [InlineData("arena: {hotplug: 1}\n" + Cpus, "p.yaml:1: arena: a section has 2^2 pages, a quarter of the memory: system_order is at least pmd_order + 2 with hotplug")]
    [InlineData("arena: {huge_order: 4}\n" + Cpus, "p.yaml:1: arena: a hugetlb folio is as large as what a PMD entry maps: write pmd_order: 4")]
    [InlineData("arena: {huge_order: 3}\n" + Cpus, "p.yaml:1: arena: a hugetlb folio has several vmemmap pages: vmemmap_order is below 3")]
    [InlineData("arena: {huge_order: 5, pmd_order: 5, vmemmap_order: 2}\n" + Cpus, "p.yaml:1: arena: a hugetlb folio does not fit into the memory")]
    [InlineData("allocator: slab\n" + Cpus, "p.yaml:1: allocator: unknown allocator 'slab'; there are buddy, lifo")]
    [InlineData("cpus:\n  - - zap_pte", "p.yaml:2: cpus: unknown operation 'zap_pte' in 'zap_pte': write one of zap_nonpresent_ptes, zap_pte_range")]
    [InlineData("cpus:\n  - - pni_user_page slot=1", "p.yaml:2: cpus: unknown operation 'pni_user_page' in 'pni_user_page slot=1': write one of pin_user_pages, ")]
    [InlineData("cpus:\n  - - zap_pte_range slots=1", "p.yaml:2: cpus: 'slots=1' of zap_pte_range is no argument: it takes mm=, slot=, count=")]
    [InlineData("cpus:\n  - - zap_pte_range mm=3", "p.yaml:2: cpus: 'mm=3' of zap_pte_range is out of range: it is 0 to 2")]
    [InlineData("setup:\n  - do_anonymous_page order=5\n" + Cpus, "p.yaml:2: setup: 'order=5' of do_anonymous_page is out of range: it is 0 to 4")]
    [InlineData("cpus:\n  - - migrate_vma_pages choice=0", "p.yaml:2: cpus: 'choice=0' of migrate_vma_pages is out of range: there is none on this arena")]
    [InlineData("cpus:\n  - - unpin_user_pages handle=got", "p.yaml:2: cpus: 'handle=got' of unpin_user_pages is empty: let an earlier call of the same list put something into it")]
    [InlineData("cpus:\n  - - kfree", "p.yaml:2: cpus: 'handle=0' of kfree is empty")]
    [InlineData("cpus:\n  - - kfree handle=3", "p.yaml:2: cpus: 'handle=3' of kfree is empty")]
    [InlineData("cpus:\n  - - driver_alloc_pages handle=ring\n  - - driver_mmap handle=ring setup=1", "p.yaml:3: cpus: 'handle=ring' of driver_mmap is empty: let an earlier call of the set-up put something into it")]
    [InlineData("setup:\n  - kmalloc_new handle=a\ncpus:\n  - - kfree handle=a", "p.yaml:4: cpus: 'handle=a' of kfree is empty: let an earlier call of the same list")]
    [InlineData("cpus:\n  - - unpin_user_pages handle=got\n    - pin_user_pages handle=got", "p.yaml:2: cpus: 'handle=got' of unpin_user_pages is empty")]
    [InlineData("cpus:\n  - - \"zap_pte_range\\nmm=0\"", "p.yaml:2: cpus: 'zap_pte_range mm=0' is no call: it is one line of at most 200 characters")]
    [InlineData("setup: &a []\ncpus: *a", "p.yaml:1: setup: anchors are not allowed")]
    [InlineData("cpus: !!seq []", "p.yaml:1: cpus: tags are not allowed")]
    [InlineData("cpus: [[zap_pte_range]", "p.yaml:")]
    [InlineData("cpus:\n\t- - zap_pte_range", "p.yaml:2: malformed YAML: a tab in the indentation")]
    public void What_cannot_be_read_is_a_line_with_its_place(string yaml, string expected)
    {
        SpecException e = Assert.Throws<SpecException>(() => Read(yaml));
        Assert.StartsWith(expected, e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }

    /// <summary>What would be violated by the programme and not by a design.</summary>
    [Theory]
    [InlineData("arena: {huge_order: 3, vmemmap_order: 2}\ncpus:\n  - - nr_hugepages_grow boot=1", "p.yaml:3: cpus: 'nr_hugepages_grow boot=1' is for the set-up, where nobody else runs: move it there")]
    [InlineData("cpus:\n  - - nr_hugepages_grow", "p.yaml:2: cpus: nr_hugepages_grow needs hugetlb: give the arena a huge_order")]
    [InlineData("cpus:\n  - - memory_failure pfn=0", "p.yaml:2: cpus: memory_failure needs hugetlb: give the arena a huge_order")]
    [InlineData("cpus:\n  - - remove_memory", "p.yaml:2: cpus: remove_memory needs sections that come and go: write hotplug: 1 in the arena")]
    [InlineData("cpus:\n  - - do_swap_page (device private)", "p.yaml:2: cpus: do_swap_page (device private) needs device memory: give the arena a device_order")]
    [InlineData("arena: {device_order: 3}\ncpus:\n  - - dax_iomap_fault", "p.yaml:3: cpus: dax_iomap_fault needs memremap_pages (fs-dax) in the set-up, before it")]
    [InlineData("arena: {device_order: 3, pmd_order: 4}\nsetup:\n  - memremap_pages (fs-dax)\n" + Cpus, "p.yaml:3: setup: memremap_pages (fs-dax) needs PMD entries no larger than a DAX entry: write pmd_order: 3 in the arena")]
    [InlineData("arena: {device_order: 3}\nsetup:\n  - memremap_pages (fs-dax)\ncpus:\n  - - zone_device_folio_init", "p.yaml:5: cpus: zone_device_folio_init is not for a programme with memremap_pages (fs-dax): device memory is device-private or FS-DAX, not both")]
    [InlineData("arena: {device_order: 3}\nsetup:\n  - driver_devmem_init\n  - driver_devmem_init\n" + Cpus, "p.yaml:4: setup: driver_devmem_init comes twice: a driver starts once")]
    [InlineData("arena: {device_order: 3}\nsetup:\n  - zone_device_folio_init\n  - driver_devmem_init\n" + Cpus, "p.yaml:4: setup: driver_devmem_init comes too late: a driver starts while all its memory is free")]
    [InlineData("arena: {device_order: 3}\ncpus:\n  - - driver_devmem_init", "p.yaml:3: cpus: 'driver_devmem_init order=0 count=0' is for the set-up")]
    [InlineData("arena: {hotplug: 1, pmd_order: 2, device_order: 2}\ncpus:\n  - - driver pfn walk\n  - - memunmap_pages", "p.yaml:4: cpus: memunmap_pages is not for a programme with driver pfn walk: pages that are looked at without asking must not be taken away")]
    [InlineData("arena: {hotplug: 1, pmd_order: 2}\ncpus:\n  - - page_idle\n  - - remove_memory", "p.yaml:4: cpus: remove_memory is not for a programme with page_idle: pages that are looked at without asking")]
    [InlineData("arena: {device_order: 2}\ncpus:\n  - - dup_mmap\n  - - do_swap_page (device private)", "p.yaml:4: cpus: do_swap_page (device private) is not for a programme with dup_mmap: device memory that several mms map")]
    public void A_call_that_the_model_is_not_made_for_is_refused(string yaml, string expected)
    {
        SpecException e = Assert.Throws<SpecException>(() => Read(yaml));
        Assert.StartsWith(expected, e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void Depth_and_size_cannot_hurt()
    {
        Assert.Throws<SpecException>(() => Read("cpus: " + new string('[', 60_000)));
        Assert.Throws<SpecException>(() => Read(new string('{', 60_000)));
        Assert.Contains("more than 1024 entries", Assert.Throws<SpecException>(() => Read("cpus: [[" + string.Concat(Enumerable.Repeat("kpageflags,", 5_000)) + "]]")).Message);
        Assert.Contains("has 513 calls; at most 512 are allowed", Assert.Throws<SpecException>(() => Read("cpus: [[" + string.Concat(Enumerable.Repeat("kpageflags,", 513)) + "]]")).Message);
        Assert.Contains("1 to 8 CPUs", Assert.Throws<SpecException>(() => Read("cpus: [" + string.Concat(Enumerable.Repeat("[],", 20_000)) + "]")).Message);
        Assert.Contains("one handle too many", Assert.Throws<SpecException>(() => Read("cpus: [[" + string.Concat(Enumerable.Range(0, 17).Select(i => $"kmalloc_new handle=h{i},")) + "]]")).Message);
        string path = Path.GetTempFileName();
        try
        {
            // A million calls.
            File.WriteAllText(path, "cpus:\n  - - kpageflags\n" + string.Concat(Enumerable.Repeat("    - kpageflags\n", 1_000_000)), Encoding.UTF8);
            Assert.Contains("too large for a programme: at most 64 KiB", Assert.Throws<SpecException>(() => ProgrammeFile.Read(path)).Message);
        }
        finally
        {
            File.Delete(path);
        }
        Assert.Contains("cannot read the programme", Assert.Throws<SpecException>(() => ProgrammeFile.Read("/nowhere/p.yaml")).Message);
    }

    [Fact]
    public void The_largest_programme_fits_into_a_file()
    {
        var call = GetPages.Call<PinUserPagesFast>(mm: 2, slot: 511, count: 512, handle: 15, flags: 0, rounds: 80);
        var programme = new WrittenProgramme("a", ArenaKey.Default(1), Allocator.Buddy, [], [Enumerable.Repeat(call, WrittenProgramme.MaxCalls)]);
        Assert.True(programme.Canonical.Length < ProgrammeText.MaxLength);
        Assert.True(SpecFileWriter.Write(new CampaignRequest { Programme = new UserValue(programme.Canonical, "") }).Length < SpecFile.MaxBytes);
        Assert.Equal(programme.Canonical, Read(programme.Canonical).Canonical);
    }

    [Fact]
    public void The_example_of_the_documentation_is_a_programme_and_has_every_key()
    {
        string page = File.ReadAllText(Path.Combine(RepositoryRoot.Folder, "docs", "programmes.md"));
        int at = page.IndexOf("```yaml programme\n", StringComparison.Ordinal) + "```yaml programme\n".Length;
        string example = page[at..page.IndexOf("```", at, StringComparison.Ordinal)];
        Assert.Equal(("my-dispute", 3), (Read(example).Id, Read(example).Cpus.Count));
        Assert.Equal(ArenaKey.Default(3), Read(example).Arena);
        Assert.All(ProgrammeFile.Keys, key => Assert.Contains(key + ":", example));
        Assert.All(ArenaKey.All, key => Assert.Contains($"  {key.Name}: {key.Format(key.Usual)} ", example));
    }

    /// <summary>What a ledger keeps, a farm is sent and a report says.</summary>
    [Fact]
    public void A_spec_carries_its_programme()
    {
        WrittenProgramme programme = Read("name: mine\ncpus:\n  - - kmalloc_new handle=a\n    - kfree handle=a\n  - []\n");
        var request = new CampaignRequest { Programme = new UserValue(programme.Canonical, "--programme") };
        CampaignSpec spec = SpecBuilder.Build(request, new(AllPolicies: true, Schedules: 10)).Spec;
        Assert.Equal(programme.Canonical, spec.Programme!.Canonical);
        Assert.Contains("\nprogramme: name: mine\nprogramme: arena:\nprogramme:   system_order: 4\n", spec.Canonical);
        Assert.DoesNotContain("workload", spec.Canonical);
        CampaignSpec back = CanonicalSpec.Read(spec.Canonical);
        Assert.Equal((spec.Hash, programme.Key), (back.Hash, back.Programme!.Key));
        CampaignRequest sent = SpecFile.Parse(SpecFileWriter.Write(request), "sent");
        Assert.Equal(spec.Hash, SpecBuilder.Build(sent, new(AllPolicies: true, Schedules: 10)).Spec.Hash);
        Assert.Equal("programme", spec.Workloads[0].Label);
        Assert.Throws<SpecException>(() => CanonicalSpec.Read(spec.Canonical.Replace("kfree", "free", StringComparison.Ordinal)));
        Assert.Throws<SpecException>(() => CanonicalSpec.Read(spec.Canonical.Replace("programme: allocator", "workload: mixed\nprogramme: allocator", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("programme: |\n  cpus: [[zap_pte]]", "c.yaml:1: programme:1: cpus: unknown operation 'zap_pte'")]
    [InlineData("workloads: mixed\nprogramme: 'cpus: [[]]'", "c.yaml:1: workloads: contradicts a programme; give one of them")]
    [InlineData("soak: {}\nprogramme: 'cpus: [[]]'", "c.yaml:2: programme: a soak draws its programmes; run this one without it")]
    [InlineData("set: {ops: 2}\nprogramme: 'cpus: [[]]'", "c.yaml:1: set: a programme draws no parameters")]
    public void A_campaign_file_with_a_programme_is_read_as_any(string yaml, string expected)
    {
        SpecException e = Assert.Throws<SpecException>(() => SpecBuilder.Build(SpecFile.Parse(yaml, "c.yaml"), new(AllPolicies: false, Schedules: 10)));
        Assert.StartsWith(expected, e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }
}
