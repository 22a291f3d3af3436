using System.Collections.Concurrent;
using System.Text.Json;
using StressFarm.Exploration.Feedback;

namespace StressFarm.Grains.Workers;

/// <summary>
/// What the generations of a campaign know, asked for once for each cell and generation: tens of kilobytes that hundreds of
/// leases share.
/// </summary>
internal sealed class GenerationInputs(IGrainFactory grains, string campaign, TimeSpan deadline)
{
    private const int Most = 256;
    private readonly ConcurrentDictionary<string, GenerationInput> _known = new(StringComparer.Ordinal);

    /// <param name="name">the lease's: cell and generation</param>
    /// <exception cref="FarmUnreachableException">the campaign does not answer, or has forgotten it</exception>
    public GenerationInput Of(string name, int cell, ulong firstSeed, CancellationToken cancellation)
    {
        if (_known.TryGetValue(name, out GenerationInput? known)) return known;
        Payload payload = BlockingCall.Run(token => grains.GetGrain<ICampaignGrain>(campaign).Input(cell, firstSeed, token), deadline, cancellation)
            ?? throw new FarmUnreachableException($"what generation {name} builds on is not kept any more");
        GenerationInput input = JsonSerializer.Deserialize<GenerationInput>(payload.Json)!;
        // Old generations are not asked for again; dropping all of them now and then costs a few calls.
        if (_known.Count >= Most) _known.Clear();
        return _known[name] = input;
    }
}
