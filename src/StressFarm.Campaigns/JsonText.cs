using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace StressFarm.Campaigns;

/// <summary>How JSON for users is written, the same on every system: report.json, timings.json, and what the command prints.</summary>
public static class JsonText
{
    // The writer's and not a context's: a context cannot name an encoder, and the farm's answers are laid out so when the command shows them.
    private static readonly JsonWriterOptions s_layout = new()
    {
        Indented = true,
        NewLine = "\n",
        // Signatures and sentences keep their '<', '>' and '+'; the file is no HTML.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>A value as a file: it ends with a newline.</summary>
    public static byte[] FileOf<T>(T value, JsonTypeInfo<T> type)
    {
        using MemoryStream stream = Write(value, type);
        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

    /// <summary>A value as text, without a newline at its end.</summary>
    public static string Of<T>(T value, JsonTypeInfo<T> type)
    {
        using MemoryStream stream = Write(value, type);
        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private static MemoryStream Write<T>(T value, JsonTypeInfo<T> type)
    {
        var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, s_layout)) JsonSerializer.Serialize(json, value, type);
        return stream;
    }
}
