using System.Text.Json.Serialization;

namespace StressFarm.Cli.Output;

/// <summary>What checking a farm's ledger came to.</summary>
/// <param name="Sections">of a soak, as <paramref name="Epochs"/> and <paramref name="Checkpoints"/></param>
internal sealed record LedgerCheckShape(
    long Planned, long Executed, long Lost, long Double, long Foreign, string Digest,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Sections,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Epochs,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Checkpoints,
    long Reexecuted, long Same, bool Done, bool Right);
