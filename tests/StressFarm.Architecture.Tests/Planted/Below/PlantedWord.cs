namespace StressFarm.Architecture.Tests;

/// <summary>Planted: knows the room above, as it must not.</summary>
internal sealed class PlantedWord(int value)
{
    public int Value { get; } = value;
    public static PlantedReader Reader(int value) => new(new PlantedWord(value));
}
