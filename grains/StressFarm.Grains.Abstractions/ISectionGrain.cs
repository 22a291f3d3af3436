using System.Globalization;
using Orleans.Concurrency;

namespace StressFarm.Grains;

/// <summary>
/// One memory section of a soak: the keeper of its checkpoints and of the head of its chain. Key: campaign/cell. Parked it is a
/// few numbers; the memory itself is in the store, and on the worker that runs an epoch of it.
/// </summary>
[Alias("stressfarm.section.v1")]
public interface ISectionGrain : IGrainWithStringKey
{
    /// <summary>The memory after an epoch, to go on from; null when it is not kept.</summary>
    [Alias("after"), ReadOnly]
    Task<SectionMemory?> After(long epoch, CancellationToken cancellation);

    /// <summary>
    /// Writes the memory after an epoch. 0 when it was added, 1 when the same was there, 2 when another was there: a defect.
    /// </summary>
    /// <exception cref="InvalidOperationException">the epoch does not follow on the chain's head</exception>
    [Alias("commit")]
    Task<byte> Commit(SectionEpoch epoch, CancellationToken cancellation);

    /// <summary>The key of a section.</summary>
    static string KeyOf(string campaign, int cell) => string.Create(CultureInfo.InvariantCulture, $"{campaign}/{cell}");
}

/// <summary>A checkpoint as it travels.</summary>
/// <param name="State">compressed</param>
[GenerateSerializer, Immutable, Alias("stressfarm.memory.v1")]
public sealed record SectionMemory([property: Id(0)] byte[] State, [property: Id(1)] string StateHash, [property: Id(2)] string Chain);

/// <summary>An epoch that was run.</summary>
/// <param name="Before">head of the chain that it went on from; empty for the first</param>
/// <param name="Shown">what it showed, each by its key: the memory before something new is kept for good</param>
[GenerateSerializer, Immutable, Alias("stressfarm.epoch.v1")]
public sealed record SectionEpoch(
    [property: Id(0)] long Epoch, [property: Id(1)] string Before, [property: Id(2)] SectionMemory After, [property: Id(3)] IReadOnlyList<string> Shown);
