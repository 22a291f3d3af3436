namespace StressFarm.Simulation.Tests;

/// <summary>Calls as text, and what workloads draw for their arguments.</summary>
public class CallTextTests
{
    private const int Seeds = 400;

    private static readonly Geometry s_geometry = new(4096, 4);
    private static readonly Arena s_arena = new(2, 5, 3, 3);

    /// <summary>
    /// What is drawn although there is no such value on the arena: the operation cuts it, takes it modulo, or does nothing. The
    /// draws are what seeds mean, so they stay.
    /// </summary>
    private static readonly (string Workload, string Parameter, string Why)[] s_beyond =
    [
        ("deferred-split", "memcg", "drawn from all that a machine can have, and taken modulo those of the arena"),
        ("hugetlb", "pfn", "walks begin among 16 pages, and a memory that is one folio has 8"),
        ("hugetlb", "count", "walks over 16 pages of those 8; and 0 slots to unmap where the last page in use is the last of all"),
        ("hwpoison-split", "count", "walks over up to 31 pages of 16"),
    ];

    public static TheoryData<string> Workloads => [.. Catalog<Workload>.Ids];

    private static IEnumerable<(OpCall Call, Arena Arena)> Drawn(string workload)
    {
        var programme = new Programme();
        for (ulong seed = 0; seed < Seeds; seed++)
        {
            programme.Compose(Catalog<Workload>.Find(workload)!, s_geometry, seed, new Dictionary<string, int>());
            // The guests of "everything" drew on memories of their own, each of which fits into the machine.
            Arena arena = workload == "everything" ? Whole(programme.Arena) : programme.Arena;
            foreach (OpCall call in programme.Setup) yield return (call, arena);
            for (int cpu = 0; cpu < Geometry.CpuLimit; cpu++)
                foreach (OpCall call in programme.Cpu(cpu)) yield return (call, arena);
        }
    }

    private static Arena Whole(Arena arena) =>
        arena with { SystemOrder = s_geometry.LargestOrder, DeviceOrder = s_geometry.LargestOrder, Memcgs = Geometry.MaxMemcgs };

    [Theory]
    [MemberData(nameof(Workloads))]
    public void What_a_workload_draws_is_written_and_read_back_as_it_was(string workload)
    {
        int calls = 0;
        foreach ((OpCall call, _) in Drawn(workload))
        {
            OpCall? read = CallText.TryParse(call.ToString(), arena: null, out string error);
            Assert.True(read == call, $"{call}: {error} {read}");
            calls++;
        }
        Assert.True(calls > Seeds);
    }

    [Theory]
    [MemberData(nameof(Workloads))]
    public void What_a_workload_draws_is_a_value_that_there_is_or_has_its_reason_here(string workload)
    {
        var beyond = new SortedSet<string>(StringComparer.Ordinal);
        foreach ((OpCall call, Arena arena) in Drawn(workload))
            foreach (Parameter parameter in call.Operation.Parameters)
                if (!parameter.Domain.In(arena).Contains(call[parameter])) beyond.Add(parameter.Name);
        Assert.Equal(s_beyond.Where(b => b.Workload == workload).Select(b => b.Parameter).Order(StringComparer.Ordinal), beyond);
    }

    [Fact]
    public void Arguments_come_in_any_order_and_what_is_not_said_is_what_it_usually_is()
    {
        OpCall call = GetPages.Call<PinUserPagesFast>(mm: 1, slot: 4, count: 2, handle: 6);
        Assert.Equal("pin_user_pages_fast mm=1 slot=4 count=2 handle=6 flags=write rounds=0", call.ToString());
        Assert.Equal(call, CallText.TryParse("pin_user_pages_fast  handle=6 count=2 slot=4 mm=1", s_arena, out _));
        Assert.Equal(GetPages.Call<PinUserPagesFast>(mm: 0, slot: 4, flags: 0), CallText.TryParse("PIN_USER_PAGES_FAST slot=4 flags=none", s_arena, out _));
        Assert.Equal(DrainLocalPages.Call(), CallText.TryParse("drain_local_pages", s_arena, out _));
        Assert.Equal(DevicePfnWalk.Call(page: 3), CallText.TryParse("driver pfn walk page=3 handle=none", s_arena, out _));
        Assert.Equal(DriverAllocate.Call(handle: 0, DriverProducer.RingBuffer, order: 2), CallText.TryParse("driver_alloc_pages producer=ring-buffer order=2", s_arena, out _));
        Assert.Equal("do_swap_page (device private) mm=0 slot=8 single=1", DeviceFault.Call(mm: 0, slot: 8, single: true).ToString());
    }

    [Theory]
    [InlineData("zap_pte mm=0", "unknown operation 'zap_pte' in 'zap_pte mm=0': write one of zap_nonpresent_ptes, zap_pte_range")]
    [InlineData("zap_pte_range mm=0 slots=4", "'slots=4' of zap_pte_range is no argument: it takes mm=, slot=, count=")]
    [InlineData("drain_local_pages mm=0", "'mm=0' of drain_local_pages is no argument: it takes none")]
    [InlineData("zap_pte_range mm=0 4", "'4' of zap_pte_range is no argument: it takes mm=, slot=, count=")]
    [InlineData("zap_pte_range mm=0 slot=1 mm=1", "'mm=1' of zap_pte_range comes after another mm=: write one of them")]
    [InlineData("zap_pte_range mm=x", "'mm=x' of zap_pte_range is no mm: it takes 0 to 2")]
    [InlineData("zap_pte_range mm=", "'mm=' of zap_pte_range is no mm: it takes 0 to 2")]
    [InlineData("zap_pte_range mm=3", "'mm=3' of zap_pte_range is out of range: it is 0 to 2")]
    [InlineData("zap_pte_range slot=512", "'slot=512' of zap_pte_range is out of range: it is 0 to 511")]
    [InlineData("compaction pfn=-1", "'pfn=-1' of compaction is out of range: it is 0 to 31")]
    [InlineData("compaction pfn=99999999999", "'pfn=99999999999' of compaction is no pfn: it takes pages of system memory, from 0")]
    [InlineData("offline_pages (section) section=0", "'section=0' of offline_pages (section) is out of range: there is none on this arena")]
    [InlineData("pin_user_pages flags=pin", "'flags=pin' of pin_user_pages is no flags: it takes write, or none")]
    [InlineData("driver_alloc_pages producer=nvidia", "'producer=nvidia' of driver_alloc_pages is no producer: it takes af-packet, sg, ring-buffer, io-uring, huge-zero, plain")]
    [InlineData("driver pfn walk handle=16", "'handle=16' of driver pfn walk is out of range: it is none to 15")]
    public void What_cannot_be_read_is_said_in_a_line(string text, string message)
    {
        Assert.Null(CallText.TryParse(text, s_arena, out string error));
        Assert.Equal(message, error);
    }

    [Theory]
    [InlineData("")]
    [InlineData("what is this")]
    [InlineData("mm=0")]
    public void What_names_no_operation_is_answered_with_those_there_are(string text)
    {
        Assert.Null(CallText.TryParse(text, s_arena, out string error));
        Assert.DoesNotContain('\n', error);
        Assert.Contains("write one of", error, StringComparison.Ordinal);
    }
}
