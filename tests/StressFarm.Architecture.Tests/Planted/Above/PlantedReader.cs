namespace StressFarm.Architecture.Tests;

/// <summary>Planted: knows the room below, as it may.</summary>
internal sealed class PlantedReader(PlantedWord word)
{
    public int Twice => word.Value * 2;
}
