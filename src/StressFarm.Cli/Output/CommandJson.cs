using System.Text.Json.Serialization;
using StressFarm.Campaigns.Soak;

namespace StressFarm.Cli.Output;

/// <summary>The shapes of the command's own JSON; what a farm says has the farm's.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, GenerationMode = JsonSourceGenerationMode.Serialization)]
[JsonSerializable(typeof(RunShape))]
[JsonSerializable(typeof(FindingFull))]
[JsonSerializable(typeof(ReplayShape))]
[JsonSerializable(typeof(ExhaustShape))]
[JsonSerializable(typeof(ScopeShape))]
[JsonSerializable(typeof(ChainVerification))]
[JsonSerializable(typeof(LedgerCheckShape))]
[JsonSerializable(typeof(IReadOnlyList<IReadOnlyDictionary<string, string>>), TypeInfoPropertyName = "Lists")]
internal sealed partial class CommandJson : JsonSerializerContext;
