using StressFarm.Exploration.Evidence;
using StressFarm.Exploration.Trials;

namespace StressFarm.Cli.Output;

/// <summary>What a trial of one bug came to.</summary>
/// <param name="Production">a finding of the kernel without its debug checks</param>
internal sealed record TrialResult(KnownBug Bug, IReadOnlyList<BugTrialRow> Rows, Finding? Shortest, Finding? Production);
