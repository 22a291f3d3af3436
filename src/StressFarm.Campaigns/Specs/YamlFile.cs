using System.Globalization;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace StressFarm.Campaigns.Specs;

/// <summary>
/// A small YAML file that somebody wrote, read event by event, so that neither depth nor aliases can hurt. Everything wrong
/// with it is one line that begins with the file and the line.
/// </summary>
internal static class YamlFile
{
    public const int MaxBytes = 64 * 1024;

    /// <param name="what">what the file is to be: "campaign file"</param>
    /// <exception cref="SpecException">one line that names the file</exception>
    public static string ReadText(string path, string what)
    {
        try
        {
            if (Directory.Exists(path)) throw new SpecException($"'{path}' is a folder, not a {what}");
            using FileStream stream = File.OpenRead(path);
            var buffer = new byte[MaxBytes + 1];
            int length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            if (length > MaxBytes) throw new SpecException($"'{path}' is too large for a {what}: at most {MaxBytes / 1024} KiB");
            return Encoding.UTF8.GetString(buffer, 0, length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new SpecException($"cannot read the {what} '{path}': {(e is FileNotFoundException or DirectoryNotFoundException ? "there is none" : e.Message)}");
        }
    }

    /// <param name="name">what error lines call the file</param>
    /// <param name="most">entries that it may have</param>
    public static T Parse<T>(string text, string name, int most, Func<YamlNodes, T> read)
    {
        RefuseTabs(text, name);
        try
        {
            return read(new YamlNodes(new Parser(new Scanner(new StringReader(text))), name, most));
        }
        catch (YamlException e)
        {
            throw new SpecException(string.Create(CultureInfo.InvariantCulture, $"{name}:{e.Start.Line}: malformed YAML: {Sentence(e.Message)}"));
        }
        catch (InvalidOperationException)
        {
            // The scanner gives up like this on some tabs and quotes inside of flows.
            throw new SpecException($"{name}: malformed YAML");
        }
    }

    /// <summary>YAML allows no tab in indentation, and the parser would blame the line before.</summary>
    private static void RefuseTabs(string text, string name)
    {
        int number = 0;
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            number++;
            int indent = line.IndexOfAnyExcept(' ');
            if (indent >= 0 && line[indent] == '\t' && !line.IsWhiteSpace())
                throw new SpecException(string.Create(CultureInfo.InvariantCulture, $"{name}:{number}: malformed YAML: a tab in the indentation"));
        }
    }

    /// <summary>The parser's words without its own position, on one line.</summary>
    private static string Sentence(string message)
    {
        int end = message.LastIndexOf("): ", StringComparison.Ordinal);
        return (end >= 0 ? message[(end + 3)..] : message).ReplaceLineEndings(" ").Trim();
    }
}

/// <summary>The nodes of a file, one after the other. Anchors, aliases and tags are refused, and so is an entry too many.</summary>
internal sealed class YamlNodes(Parser parser, string name, int most)
{
    private int _items;

    public string File => name;
    public ParsingEvent? Current => parser.Current;

    /// <summary>The one document, a mapping: each key that is known, once.</summary>
    /// <param name="what">"a campaign"</param>
    /// <param name="take">reads the value of a key</param>
    public void Document(string what, IReadOnlyList<string> keys, Action<string> take)
    {
        parser.Consume<StreamStart>();
        if (parser.Accept<StreamEnd>(out _)) throw Wrong(1, null, "the file is empty");
        parser.Consume<DocumentStart>();
        if (!parser.TryConsume<MappingStart>(out MappingStart? map)) throw Wrong(Line(parser.Current), null, $"{what} is a mapping of keys to values");
        Refuse(map, null);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            Scalar key = Scalar(null);
            if (!keys.Contains(key.Value)) throw Wrong(Line(key), null, $"unknown key '{Shown(key.Value)}'; there are {string.Join(", ", keys)}");
            if (!seen.Add(key.Value)) throw Wrong(Line(key), key.Value, "is given twice");
            take(key.Value);
        }
        parser.Consume<DocumentEnd>();
        if (!parser.Accept<StreamEnd>(out _)) throw Wrong(Line(parser.Current), null, $"{what} file holds one document");
    }

    public UserValue Single(string key)
    {
        Scalar value = Scalar(key);
        return value.Value.Length > 0 ? new(value.Value, Origin(value, key)) : throw Wrong(Line(value), key, "has no value");
    }

    /// <summary>One value, or a list of them that is not empty.</summary>
    public void List(string key, List<UserValue> into)
    {
        if (!parser.Accept<SequenceStart>(out SequenceStart? start))
        {
            into.Add(Single(key));
            return;
        }
        Sequence(key, "", () => into.Add(Single(key)));
        if (into.Count == 0) throw Wrong(Line(start), key, "is an empty list");
    }

    /// <param name="wrong">what is said where there is no list</param>
    /// <param name="take">reads an element</param>
    public void Sequence(string key, string wrong, Action take)
    {
        if (!parser.TryConsume<SequenceStart>(out SequenceStart? start)) throw Wrong(Line(parser.Current), key, wrong);
        Refuse(start, key);
        while (!parser.TryConsume<SequenceEnd>(out _)) take();
    }

    public void Map(string key, Action<string, UserValue> take)
    {
        if (!parser.TryConsume<MappingStart>(out MappingStart? start)) throw Wrong(Line(parser.Current), key, "takes a mapping of names to numbers");
        Refuse(start, key);
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            Scalar parameter = Scalar(key);
            Scalar value = Scalar(key);
            take(parameter.Value, new(value.Value, Origin(parameter, key)));
        }
    }

    public SpecException Wrong(long line, string? key, string why) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{name}:{line}: {(key is null ? "" : key + ": ")}{why}"));

    public static long Line(ParsingEvent? at) => at?.Start.Line ?? 1;
    public static string Shown(string text) => (text.Length <= 60 ? text : text[..57] + "…").ReplaceLineEndings(" ");

    private Scalar Scalar(string? key)
    {
        if (++_items > most) throw Wrong(Line(parser.Current), key, $"the file has more than {most} entries");
        if (!parser.TryConsume<Scalar>(out Scalar? scalar))
            throw Wrong(Line(parser.Current), key, parser.Current is AnchorAlias ? "aliases are not allowed" : "takes a plain value here");
        Refuse(scalar, key);
        return scalar;
    }

    private void Refuse(NodeEvent node, string? key)
    {
        if (!node.Anchor.IsEmpty) throw Wrong(Line(node), key, "anchors are not allowed");
        if (!node.Tag.IsEmpty) throw Wrong(Line(node), key, "tags are not allowed");
    }

    private string Origin(ParsingEvent at, string key) => string.Create(CultureInfo.InvariantCulture, $"{name}:{Line(at)}: {key}");
}
