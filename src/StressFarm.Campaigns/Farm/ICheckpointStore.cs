using StressFarm.Campaigns.Ledgers;

namespace StressFarm.Campaigns.Farm;

/// <summary>A later holder has begun the section: this one's checkpoints are refused, and it must stop.</summary>
public sealed class StaleSectionException(string id, int cell, long fence) : Exception($"campaign {id}, cell {cell}: section fence {fence} is over");

/// <summary>
/// The checkpoints of soak sections: append-only, keyed by the section and the checkpoint's number. Whoever takes a section up
/// gets a fence that grows; a checkpoint under an older fence is refused, in the same transaction as the write.
/// </summary>
public interface ICheckpointStore
{
    /// <summary>Takes a section up and returns its fence: from now on older ones are refused.</summary>
    Task<long> BeginSection(string id, int cell, CancellationToken cancellation);
    /// <summary>Writes a checkpoint; one that is a rung (<see cref="CheckpointRetention"/>) is pinned: it stays for good.</summary>
    /// <param name="pinBefore">the one before stays too, from this very transaction on: this one's epoch showed something new</param>
    /// <exception cref="StaleSectionException">another holder took the section up</exception>
    Task<Recorded> SaveCheckpoint(string id, int cell, long fence, long number, byte[] state, string stateHash, string chain, bool pinBefore, CancellationToken cancellation);
    Task<(byte[] State, string StateHash, string Chain)?> LoadCheckpoint(string id, int cell, long number, CancellationToken cancellation);
    /// <summary>The numbers of the checkpoints that are there, lowest first.</summary>
    Task<IReadOnlyList<long>> CheckpointNumbers(string id, int cell, CancellationToken cancellation);
    /// <summary>Drops checkpoints below <paramref name="keepFrom"/> that are not pinned; never the newest one.</summary>
    Task PruneCheckpoints(string id, int cell, long keepFrom, CancellationToken cancellation);
}
