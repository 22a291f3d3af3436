namespace StressFarm.Silo.Tests;

/// <summary>
/// Whole silos in this process, one after the other. OpenTelemetry hears every meter of a process: of two silos at one time each
/// would show the other's instruments as its own, and lose them when the other ends.
/// </summary>
[CollectionDefinition(Name)]
public sealed class WholeSilo
{
    public const string Name = "whole silo";
}
