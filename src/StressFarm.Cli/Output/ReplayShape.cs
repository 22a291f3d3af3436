namespace StressFarm.Cli.Output;

/// <summary>What a replay came to.</summary>
/// <param name="Finding">null is written too: nothing was violated</param>
internal sealed record ReplayShape(
    string Build, string ModelVersion, bool Recurred, bool DigestMatches, string Digest, string ExpectedDigest, string Policy, string Workload, string Strategy,
    ulong Seed, FindingFull? Finding);
