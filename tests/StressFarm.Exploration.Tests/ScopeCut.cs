namespace StressFarm.Exploration.Tests;

/// <summary>
/// What a workload draws, cut to a small scope: of two CPUs one call each, together with a call before it that filled the handle it wants.
/// Their arguments are those of the nearest turn that calls the same.
/// </summary>
internal sealed class ScopeCut(IReadOnlyList<SmallScope> scopes)
{
    private static readonly Dictionary<string, int> s_small = new() { ["order-9"] = 0 };

    /// <summary>What a call can take out of its handle was put there by these; what others put there it leaves alone.</summary>
    private static readonly Dictionary<string, string[]> s_fillers = new()
    {
        ["unpin_user_pages"] = ["get_user_pages_fast", "pin_user_pages", "pin_user_pages_fast", "pin_user_pages_fast (FOLL_LONGTERM)"],
        ["driver_free_pages"] = ["driver_alloc_pages"],
        ["driver_mmap"] = ["driver_alloc_pages"],
        ["kmalloc"] = ["kmalloc_new"],
        ["kfree"] = ["kmalloc_new"],
        ["__free_pages"] = ["alloc_pages"],
        ["folio_put"] = ["filemap_get_folio"],
        ["migrate_vma_insert_page"] = ["zone_device_folio_init"],
        ["zone_device_page_put"] = ["zone_device_folio_init", "driver pfn walk"],
        ["free_huge_folio"] = ["alloc_hugetlb_folio", "memfd_pin_folios", "vmemmap_pressure"],
    };

    private readonly Programme _programme = new();
    private readonly Dictionary<(string, string), bool> _known = [];

    /// <summary>A seed's programme, as it can be written.</summary>
    public WrittenProgramme Draw(Workload workload, ulong seed)
    {
        _programme.Compose(workload, SmallSearches.Geometry, seed, s_small);
        return WrittenProgramme.Of(_programme);
    }

    /// <summary>Meetings of two calls in what was drawn that are not in the scope, whichever calls of the two CPUs they are.</summary>
    public IEnumerable<string> Missing(WrittenProgramme drawn)
    {
        List<OpCall[]>[][] turns = [.. drawn.Cpus.Select(c => c.Select((_, i) => TurnsAt(c, i)).Where(t => t.Count > 0).ToArray())];
        for (int cpu = 0; cpu < turns.Length; cpu++)
            for (int other = cpu + 1; other < turns.Length; other++)
                foreach (List<OpCall[]> one in turns[cpu])
                    foreach (List<OpCall[]> against in turns[other])
                        if (!Known(one, against)) yield return $"{Words(one)} | {Words(against)}";
    }

    private bool Known(List<OpCall[]> one, List<OpCall[]> other)
    {
        var key = (Text(one), Text(other));
        if (!_known.TryGetValue(key, out bool known)) _known[key] = known = scopes.Any(s => s.Scenes.Any(scene => Meet(s, scene, one, other) || Meet(s, scene, other, one)));
        return known;
    }

    private static bool Meet(SmallScope scope, Scene scene, List<OpCall[]> one, List<OpCall[]> other) =>
        Nearest(scene.Turns, one) is { } turn && Nearest(scene.Against, other) is { } against && scene.Setups.Any(s => scope.NumberOf(scene, s, turn, against) >= 0);

    /// <summary>The call by itself, or with each that may have filled the handle it wants; none where it finds nothing there.</summary>
    private static List<OpCall[]> TurnsAt(IReadOnlyList<OpCall> calls, int at)
    {
        OpCall call = calls[at];
        if (Handle(call, fills: false) is not { } handle || call.Operation.WantsSetupHandle(call)) return [[call]];
        string[] fillers = s_fillers[call.Operation.Id];
        return [.. calls.Take(at).Where(c => Handle(c, fills: true) == handle && fillers.Contains(c.Operation.Id)).Select(c => (OpCall[])[c, call])];
    }

    private static int? Handle(OpCall call, bool fills) =>
        call.Operation.Parameters.FirstOrDefault(p => p.IsHandle && p.Fills == fills && call[p] >= 0) is { } parameter ? call[parameter] : null;

    /// <summary>The turn that begins with the same operations and differs least in its arguments; null where none does.</summary>
    private static IReadOnlyList<OpCall>? Nearest(IReadOnlyList<IReadOnlyList<OpCall>> turns, List<OpCall[]> drawn) =>
        turns.SelectMany(t => drawn.Where(d => Begins(t, d)).Select(d => (Turn: t, Distance: Distance(t, d)))).OrderBy(t => t.Distance).FirstOrDefault().Turn;

    private static bool Begins(IReadOnlyList<OpCall> turn, OpCall[] calls)
    {
        if (turn.Count < calls.Length) return false;
        for (int i = 0; i < calls.Length; i++)
            if (turn[i].Operation != calls[i].Operation) return false;
        return true;
    }

    private static int Distance(IReadOnlyList<OpCall> turn, OpCall[] calls)
    {
        int sum = 0;
        for (int i = 0; i < calls.Length; i++)
            foreach (Parameter p in calls[i].Operation.Parameters) sum += Math.Abs(turn[i][p] - calls[i][p]);
        return sum;
    }

    private static string Text(List<OpCall[]> turns) => string.Join(" or ", turns.Select(t => string.Join("; ", t)));
    private static string Words(List<OpCall[]> turns) => string.Join(" or ", turns.Select(t => string.Join("; ", t.Select(c => c.Operation.Id))).Distinct());
}
