using System.Collections.Concurrent;

namespace StressFarm.Kernel.Policies;

/// <summary>
/// Which edits a bit of <see cref="Deviation"/> stands for: what a known bug did differently, said from outside of the kernel's
/// function. What cannot be said so asks the policy where it is (<see cref="Switches"/>).
/// </summary>
public static class PlantedEdits
{
    private const ulong No = 0;

    private static readonly Dictionary<Deviation, Edit[]> s_edits = new()
    {
        [Deviation.GupFastNoRecheck] = [Skip(Step.G3Recheck, AccessKind.Load) with { Source = EditValue.Earlier, Earlier = (int)Step.G3 }],
        // Of the entries of both levels, and of the upper alone.
        [Deviation.GupFastNoEntryRecheck] = [Skip(Step.G7, AccessKind.Load) with { Source = EditValue.Earlier, Earlier = (int)Step.G1 }],
        [Deviation.CollapseWithoutIpi] =
        [
            Skip(Step.Ipi, AccessKind.Burst),
            .. Edit.DropLock((int)Step.IpiWait, (int)Step.IpiWait),
            Skip(Step.G7, AccessKind.Load) with { Nth = 1, Source = EditValue.Earlier, Earlier = (int)Step.G1 },
        ],
        [Deviation.GupNoOverflowCheck] = [Skip(Step.G3, AccessKind.Load32, 1), Skip(Step.GupSlow, AccessKind.Load32, 1) with { Nth = 1 }],
        // folio_try_share_anon_rmap_*() after its barrier: a small page without GUP_PIN_COUNTING_BIAS.
        [Deviation.ShareWithoutPinCheck] =
        [
            .. new[] { Step.S5, Step.Unmap }.SelectMany(step => new[]
            {
                Skip(step, AccessKind.Load, No) with { Word = Layout.Flags, After = AccessKind.Fence },
                Skip(step, AccessKind.Load32, No) with { After = AccessKind.Fence },
            }),
        ],
        [Deviation.InsertPmdKeepsLock] = [Skip(Step.InsertPmdAbort, AccessKind.Unlock)],
        [Deviation.MovableWithoutSlabCheck] = [Skip(Step.Movable, AccessKind.Load32, PageType.None)],
        // Neither the lock of the folio's deferred split list, nor a look at whether it is on it.
        [Deviation.MemcgMoveLeavesQueue] =
        [
            .. Edit.DropLock((int)Step.MoveAccount, (int)Step.MoveAccount, Edit.Cell),
            Skip(Step.MoveAccount, AccessKind.Load, No) with { Word = Layout.Memcg },
            Skip(Step.MoveAccount, AccessKind.Load) with { Word = Layout.Prev, Source = EditValue.OwnAddress },
        ],
        // SCAN_DEL=unlocked: neither the lock of the folio's list, nor a look at which that is.
        [Deviation.ScanDeletesUnlocked] =
        [
            .. Edit.DropLock((int)Step.ScanDel, (int)Step.ScanDel, Edit.Cell),
            Skip(Step.ScanDel, AccessKind.Load, No) with { Word = Layout.Memcg },
        ],
        // The allocation's reference is the third that the step touches; somebody else has the folio still.
        [Deviation.MemfdKeepsReference] = [Skip(Step.Memfd, AccessKind.Add32, 1) with { Nth = 3 }],
        // hugetlb_lock where get_huge_page_for_hwpoison() takes it, at the first try and at a further one.
        [Deviation.HugetlbTestWithoutLock] =
        [
            .. new[] { Step.MfLock, Step.MfHuge, Step.MfIgnore, Step.RcuUnlock }.Select(after => Skip(Step.HtlbLock, AccessKind.Lock) with { Following = (int)after }),
            .. new[] { Step.MfHuge, Step.MfRecord }.Select(after => Skip(Step.HtlbUnlock, AccessKind.Unlock) with { Following = (int)after }),
        ],
        // huge_zero_folio, as if there were none.
        [Deviation.UnpoisonHugeZero] = [Skip(Step.Unpoison, AccessKind.Load, No) with { Word = Edit.Cell }],
    };

    /// <summary>The bits that a protocol asks for, and why no edit says them.</summary>
    public static IReadOnlyDictionary<Deviation, string> Switches { get; } = new Dictionary<Deviation, string>
    {
        // More than the kernel's function does: an edit can take an access away, change it or put it off, and writes none.
        [Deviation.PgmapReadAfterFolioFree] = "one load more, whose value is what is put",
        [Deviation.FreezeCurrentCount] = "one load more, whose value the exchange expects and the judge is told",
        [Deviation.GupPredicateBeforeRef] = "the test comes before the reference, and is not acted on after it",
        [Deviation.GupSlowFastHelper] = "one test more",
        [Deviation.PutbackUncharged] = "folio_add_lru() more",
        [Deviation.OfflineTestsBeforeRef] = "the tests are done once more, before the reference",
        [Deviation.OfflineTestsTail] = "a test more, before the reference",
        [Deviation.DaxFoliosThoughtSmall] = "one load more, for a check of the kernel's own",
        [Deviation.RmappableFlip] = "an operation of its own, outside the protocols",
        [Deviation.SlabWritesTail] = "one store more",
        [Deviation.HasHwpoisonedBeforeReference] = "the flag is set by other accesses, before the reference",
        // The same accesses in another order, whole functions long.
        [Deviation.PgmapRefExitsFirst] = "percpu_ref_exit() before the ranges are unmapped",
        [Deviation.PoisonMovedWhileHugetlb] = "folio_clear_hugetlb_hwpoison() before the type is cleared",
        // Decided by what no access tells.
        [Deviation.ExpectedRefsWithoutShmemSwap] = "arithmetic of folio_expected_ref_count()",
        [Deviation.PfnmapWithoutRevoke] = "which entries to revoke is the driver's own bookkeeping",
        [Deviation.DissolvedMeansTakenOff] = "what take_page_off_buddy() returned is not looked at",
        [Deviation.UnmapStopsAfterFirstMm] = "the walk ends where an entry of a PMD was split, and goes on where one was not",
        // No access differs: what the judge or the ghost is told does.
        [Deviation.MappingReadBeforeCheck] = "a pointer is followed before it is looked at",
        [Deviation.SplitDecodesMigrationPmd] = "an entry is decoded that is not followed",
        [Deviation.UsageFreedAtOnce] = "the ghost frees a section's usage earlier",
    };

    /// <summary>The bits that edits stand for.</summary>
    public static Deviation Edited { get; } = s_edits.Keys.Aggregate(Deviation.None, (all, bit) => all | bit);

    public static IReadOnlyDictionary<Deviation, Edit[]> ByBit => s_edits;

    private static readonly ConcurrentDictionary<(Deviation, Step), EditPlan> s_plans = new();

    /// <summary>The edits of what is planted in a policy, and of the step that a mutant of it loses; null when there are none.</summary>
    public static EditPlan? Of(Policy policy)
    {
        Deviation edited = policy.Deviations & Edited;
        return edited == Deviation.None && policy.Dropped == Step.None ? null : s_plans.GetOrAdd((edited, policy.Dropped), Plan);
    }

    /// <summary>Where two have an access in common, the edit of the lower bit is the one, and a mutant's comes last.</summary>
    private static EditPlan Plan((Deviation Bits, Step Dropped) planted)
    {
        IEnumerable<Edit> edits = s_edits.Where(e => (planted.Bits & e.Key) != 0).OrderBy(e => e.Key).SelectMany(e => e.Value);
        return new(planted.Dropped == Step.None ? edits : edits.Append(new((int)planted.Dropped, EditAction.Drop)));
    }

    private static Edit Skip(Step step, AccessKind kind, ulong told = No) => new((int)step, EditAction.Skip) { Kind = kind, Value = told };
}
