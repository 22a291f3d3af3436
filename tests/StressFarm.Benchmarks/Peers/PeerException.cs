namespace StressFarm.Benchmarks;

/// <summary>A peer is missing, or did not do what was asked of it. The message is one line for whoever started the benchmark.</summary>
public sealed class PeerException(string message) : Exception(message);
