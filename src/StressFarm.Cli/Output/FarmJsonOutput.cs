using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace StressFarm.Cli.Output;

/// <summary>What the farm says, as the JSON that it says it in, laid out as all other JSON of the command.</summary>
internal static class FarmJsonOutput
{
    public static void Write<T>(TextWriter output, T value, JsonTypeInfo<T> type) => JsonOutput.Write(output, json => JsonSerializer.Serialize(json, value, type));
}
