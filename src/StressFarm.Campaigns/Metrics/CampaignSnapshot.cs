using StressFarm.Campaigns.Leases;
using StressFarm.Campaigns.Ledgers;
using StressFarm.Campaigns.Tallies;

namespace StressFarm.Campaigns.Metrics;

/// <summary>Where a campaign stands, as whoever runs it publishes it: immutable, so that a collection reads it at any time.</summary>
/// <param name="Leases">that are out, by <see cref="WorkKind"/></param>
/// <param name="OldestLease">when the work that is out longest was first given</param>
/// <param name="Reissued">since this campaign was opened here</param>
/// <param name="Discrepancies">since this campaign was opened here</param>
/// <param name="Sections">of a soak: running, waiting, done</param>
/// <param name="OldestCheckpoint">null unless it is a soak that goes on</param>
/// <param name="Species">by the arm that was first to show them</param>
public sealed record CampaignSnapshot(
    CampaignState State, IReadOnlyList<int> Leases, DateTimeOffset? OldestLease, long Reissued, LedgerSummary Ledger, long Discrepancies,
    IReadOnlyList<int> Sections, DateTimeOffset? OldestCheckpoint, IReadOnlyDictionary<string, long> Species)
{
    private static readonly IReadOnlyDictionary<string, long> s_none = new Dictionary<string, long>();

    public static CampaignSnapshot Of(LeaseBoard board, CampaignState state, LedgerSummary ledger, long discrepancies, DateTimeOffset? oldestCheckpoint)
    {
        var leases = new int[WorkInstruments.Kinds.Count];
        // What was out when a campaign was cancelled is nobody's work any more.
        bool active = state is CampaignState.Running or CampaignState.Paused, exploring = board.Phase == CampaignPhase.Exploring && active;
        foreach (Lease lease in active ? board.Leases : []) leases[(int)lease.Work.Kind]++;
        return new(state, leases, active ? board.OldestGiven : null, board.Reissued, ledger, discrepancies, SectionsOf(board, exploring, leases[(int)WorkKind.Explore]),
            exploring && state == CampaignState.Running ? oldestCheckpoint : null, SpeciesOf(board.Tally));
    }

    /// <summary>An epoch needs the one before it, so a lease that explores is a section that runs.</summary>
    private static int[] SectionsOf(LeaseBoard board, bool exploring, int running)
    {
        if (board.Plan.Spec.Soak is null) return [0, 0, 0];
        int all = board.Plan.Cells.Count;
        if (!exploring) return [0, 0, all];
        int done = board.Tally.CellsDone;
        return [running, all - running - done, done];
    }

    private static IReadOnlyDictionary<string, long> SpeciesOf(CampaignTally tally)
    {
        if (tally.CorpusOf(0) is null) return s_none;
        var species = new Dictionary<string, long>(StringComparer.Ordinal);
        for (int cell = 0; cell < tally.Cells.Count; cell++)
            foreach (var (arm, count) in tally.CorpusOf(cell)!.SpeciesByArm) species[arm] = species.GetValueOrDefault(arm) + count;
        return species;
    }
}
