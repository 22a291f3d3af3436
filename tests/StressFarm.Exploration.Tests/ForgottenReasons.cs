namespace StressFarm.Exploration.Tests;

/// <summary>Why forgetting something was not missed. Those that follow from counts are of the programmes that were tried; see <see cref="Meetings"/> for what follows from them.</summary>
internal static class ForgottenReasons
{
    private const string
        AtEnd = "It is asked at the end only, when nobody steps any more.",
        Told = "It looks at nothing: whoever tells it has found out, and read what that takes.",
        Written = "It looks at the word that was written, and at what the judge looked at to find it.",
        Without = "Wherever it looks at what another CPU may write next, the two steps meet without it.",
        Silent = "It decides nothing but what it says, and it says nothing in any state of the programmes in which it alone keeps two steps together.",
        Either = "It says the same in whichever order is taken.",
        Elsewhere = "Wherever two CPUs may touch it next they meet elsewhere too, or either order leads to the same state.",
        Locked = "Whoever touches it holds a lock, and the steps that take the lock meet: no two CPUs are ever about to touch it.",
        Own = "It is one CPU's own. Others touch it when that CPU has finished, which is a place of its own.",
        Before = "It is written before anything runs and after everything has.",
        Nobody = "Nobody touches it: room between cells.",
        Over = "The CPU that waits reads it when the cell that it waits at is 0; from then on nobody changes it.",
        Kept = "It is written only where I57d finds something, and read at the end.",
        NotMet = "Open: no two CPUs come to it at once in these programmes.",
        NotShown = "Open: it alone keeps two steps together whose order shows in what a CPU has read or where it waits, and nothing that lasts comes of it in these programmes.";

    private static readonly Dictionary<string, string> s_known = new()
    {
        ["I02b"] = Told,
        ["I14b"] = Told,
        ["I18"] = Told,
        ["I28b"] = Told,
        ["I28c"] = Told,
        ["I08"] = Written,
        ["free_area[N]"] = Locked,
        ["free_area[N] isolated"] = Locked,
        ["deferred split list"] = Locked,
        ["deferred split list of memcg N"] = Locked,
        ["slab partial list"] = Locked,
        ["driver free list"] = Locked,
        ["driver allocator"] = Locked,
        ["DriverFree"] = Locked,
        ["Driver.largeOrder"] = Locked,
        ["Driver.closed"] = Locked,
        ["Driver.carved"] = Locked,
        ["Driver.outstanding"] = Locked,
        ["hstate N hugepage_freelists"] = Locked,
        ["hstate N hugepage_activelist"] = Locked,
        ["hstate N nr_huge_pages"] = Locked,
        ["hstate N free_huge_pages"] = Locked,
        ["hstate N surplus_huge_pages"] = Locked,
        ["shared page table"] = Locked,
        ["puds of the shared table"] = Locked,
        ["entry of the shared table"] = Locked,
        ["FileSize"] = Locked,
        ["TableDeposited"] = Locked,
        ["pcp list"] = Own,
        ["ListLength"] = Own,
        ["Held"] = Own,
        ["deferred split shrinker's list of CPUN"] = Locked,
        ["pgmap->type"] = Before,
        ["hstate N hstate"] = Nobody,
        ["WrongUnlock"] = Kept,
        ["Inside"] = Over,
    };

    /// <summary>Null where there is none.</summary>
    public static string? Of(Forgettable what, ForgottenReadTests.Outcome outcome)
    {
        if (what.Invariant is { Reads: 0, Listens.Length: 0 }) return AtEnd;
        if (outcome.Met == 0) return s_known.GetValueOrDefault(what.Name) ?? (what.Invariant is null ? NotMet : null);
        if (what.Group == Forgettable.Invariants) return outcome.Alone == 0 ? Without : outcome.Tried == 0 ? Silent : Either;
        return outcome.Alone == 0 ? Elsewhere : NotShown;
    }
}
