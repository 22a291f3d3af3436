namespace StressFarm.Exploration.Canaries;

/// <summary>Z02.</summary>
public sealed class Z02Canary() : KnownBugCanary("Z02");
