using StressFarm.Exploration.Replays;
using StressFarm.Exploration.Schedules;

namespace StressFarm.Exploration.Evidence;

/// <summary>What a replay came to.</summary>
/// <param name="Recurred">the violation the token was made for happened again</param>
/// <param name="DigestMatches">the run's digest is the token's: the same model did the same steps</param>
/// <param name="Finding">the finding as replayed, with its columns; null when nothing was violated</param>
public sealed record ReplayOutcome(bool Recurred, bool DigestMatches, ulong ExpectedDigest, ulong Digest, Cell Cell, ulong Seed, Finding? Finding);

/// <summary>Replays self-contained tokens.</summary>
public static class Replay
{
    /// <summary>Runs a token's schedule. Returns null and one line when it is corrupt, foreign or of another model version.</summary>
    /// <param name="workloads">finds a workload by id; the catalogue when null</param>
    public static ReplayOutcome? TryRun(string token, out string error, Func<string, Workload?>? workloads = null)
    {
        if (ReplayToken.TryDecode(token, out error, workloads) is not { } decoded) return null;
        try
        {
            return Run(decoded, token);
        }
        catch (Exception e) when (decoded.Scenario.Start is not null && e is not OutOfMemoryException)
        {
            // A memory that a section left never does this: it was made up, or is of another build.
            error = $"the token's memory is unusable: {(e is StateException ? e.Message : "the model fails on it")}";
            return null;
        }
    }

    private static ReplayOutcome Run(ReplayToken decoded, string token)
    {
        Scenario scenario = decoded.Scenario;
        var runner = new ScenarioRunner(scenario.Cell.Geometry);
        ScheduleResult result = runner.Run(scenario);
        bool recurred = runner.Signature == decoded.Signature;
        Finding? finding = runner.Violation is null ? null : FindingWriter.Write(runner, scenario, token);
        return new ReplayOutcome(recurred, result.Digest == decoded.Digest, decoded.Digest, result.Digest, scenario.Cell, scenario.Seed, finding);
    }
}
