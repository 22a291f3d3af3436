using System.Text.Json.Serialization;

namespace StressFarm.Campaigns.Runs;

/// <summary><c>timings.json</c>: what a report must not hold, since it is another one each time.</summary>
internal sealed record TimingsShape(string Build, int Workers, long ShardsResumed, long StepsThisRun, double ExploringSeconds, double ElapsedSeconds)
{
    public static TimingsShape Of(CampaignOutcome outcome, string build, int workers) => new(
        build, workers, outcome.Resumed, outcome.StepsHere, Math.Round(outcome.Exploring.TotalSeconds, 3), Math.Round(outcome.Elapsed.TotalSeconds, 3));
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, GenerationMode = JsonSourceGenerationMode.Serialization)]
[JsonSerializable(typeof(TimingsShape))]
internal sealed partial class TimingsJson : JsonSerializerContext;
