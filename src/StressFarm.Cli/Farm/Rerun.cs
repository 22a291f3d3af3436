using StressFarm.Campaigns.Soak;

namespace StressFarm.Cli.Farm;

/// <summary>What running parts of a farm's campaign again came to.</summary>
/// <param name="Ran">shards or epochs that were run again</param>
/// <param name="Same">of those, how many gave what the farm says</param>
/// <param name="Complaints">what differs, a line each</param>
/// <param name="Summary">of it all, for a line's end</param>
/// <param name="More">further lines</param>
/// <param name="Chains">of a soak</param>
internal sealed record Rerun(long Ran, long Same, IReadOnlyList<string> Complaints, string Summary, IReadOnlyList<string> More, ChainVerification? Chains = null);
