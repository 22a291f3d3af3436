namespace StressFarm.Exploration.Records;

/// <summary>Where in a soak something happened.</summary>
public sealed record SoakPlace(int Section, long Epoch);

/// <summary>What an epoch adds to its section's chain, as hex.</summary>
public sealed record SoakLink(string Chain, string StateHash);
