using System.Globalization;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace StressFarm.Campaigns.Specs;

/// <summary>
/// Reads a campaign file: a flat YAML mapping of <see cref="CampaignRequest.Keys"/>. Values are scalars, lists of scalars
/// (policies, workloads) or a mapping (set, soak). Read event by event, so that neither depth nor aliases can hurt.
/// </summary>
public static class SpecFile
{
    public const int MaxBytes = 64 * 1024;
    public const int MaxItems = 256;

    /// <exception cref="SpecException">one line that names the file, the line and the key</exception>
    public static CampaignRequest Read(string path)
    {
        byte[] bytes;
        try
        {
            if (Directory.Exists(path)) throw new SpecException($"'{path}' is a folder, not a campaign file");
            using FileStream stream = File.OpenRead(path);
            var buffer = new byte[MaxBytes + 1];
            int length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            if (length > MaxBytes) throw new SpecException($"'{path}' is too large for a campaign file: at most {MaxBytes / 1024} KiB");
            bytes = buffer[..length];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new SpecException($"cannot read the campaign file '{path}': {(e is FileNotFoundException or DirectoryNotFoundException ? "there is none" : e.Message)}");
        }
        return Parse(Encoding.UTF8.GetString(bytes), Path.GetFileName(path));
    }

    /// <param name="name">what error lines call the file</param>
    public static CampaignRequest Parse(string text, string name)
    {
        RefuseTabs(text, name);
        var reader = new Reader(new Parser(new Scanner(new StringReader(text))), name);
        try
        {
            return reader.Read();
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

    private sealed class Reader(Parser parser, string name)
    {
        private readonly CampaignRequest _request = new();
        private int _items;

        public CampaignRequest Read()
        {
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out _)) throw Wrong(1, null, "the file is empty");
            parser.Consume<DocumentStart>();
            if (!parser.TryConsume<MappingStart>(out MappingStart? map)) throw Wrong(Line(parser.Current), null, "a campaign is a mapping of keys to values");
            Refuse(map, null);
            var seen = new HashSet<string>(StringComparer.Ordinal);
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                Scalar key = Scalar(null);
                if (!CampaignRequest.Keys.Contains(key.Value))
                    throw Wrong(Line(key), null, $"unknown key '{Shown(key.Value)}'; there are {string.Join(", ", CampaignRequest.Keys)}");
                if (!seen.Add(key.Value)) throw Wrong(Line(key), key.Value, "is given twice");
                Value(key.Value);
            }
            parser.Consume<DocumentEnd>();
            if (!parser.Accept<StreamEnd>(out _)) throw Wrong(Line(parser.Current), null, "a campaign file holds one document");
            return _request;
        }

        private void Value(string key)
        {
            switch (key)
            {
                case "policies": List(key, _request.Policies); break;
                case "workloads": List(key, _request.Workloads); break;
                case "set": Map(key, (name, value) => _request.Set.Add(value with { Text = $"{name}={value.Text}" })); break;
                case "soak": Soak(key); break;
                case "strategy": _request.Strategy = Single(key); break;
                case "generation": _request.Generation = Single(key); break;
                case "seed": _request.Seed = Single(key); break;
                case "schedules": _request.Schedules = Single(key); break;
                case "steps": _request.Steps = Single(key); break;
                case "for": _request.For = Single(key); break;
                case "cpus": _request.Cpus = Single(key); break;
                case "pages": _request.Pages = Single(key); break;
                case "bug": _request.Bug = Single(key); break;
                case "shard": _request.Shard = Single(key); break;
                case "canaries": _request.Canaries = Single(key); break;
                case "workers": _request.Workers = Single(key); break;
            }
        }

        private UserValue Single(string key)
        {
            Scalar value = Scalar(key);
            return value.Value.Length > 0 ? new(value.Value, Origin(value, key)) : throw Wrong(Line(value), key, "has no value");
        }

        private void List(string key, List<UserValue> into)
        {
            if (!parser.TryConsume<SequenceStart>(out SequenceStart? start))
            {
                into.Add(Single(key));
                return;
            }
            Refuse(start, key);
            while (!parser.TryConsume<SequenceEnd>(out _)) into.Add(Single(key));
            if (into.Count == 0) throw Wrong(Line(start), key, "is an empty list");
        }

        private void Soak(string key)
        {
            _request.Soak = true;
            Map(key, (name, value) =>
            {
                bool twice = name switch
                {
                    "sections" => Replace(_request.SoakSections, () => _request.SoakSections = value),
                    "epochs" => Replace(_request.SoakEpochs, () => _request.SoakEpochs = value),
                    "schedules" => Replace(_request.SoakSchedules, () => _request.SoakSchedules = value),
                    _ => throw value.Wrong($"unknown key '{Shown(name)}'; there are sections, epochs, schedules"),
                };
                if (twice) throw value.Wrong($"'{name}' is given twice");
            });
        }

        private static bool Replace(UserValue? former, Action set)
        {
            set();
            return former is not null;
        }

        private void Map(string key, Action<string, UserValue> take)
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

        private Scalar Scalar(string? key)
        {
            if (++_items > MaxItems) throw Wrong(Line(parser.Current), key, $"the file has more than {MaxItems} entries");
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

        private SpecException Wrong(long line, string? key, string why) =>
            new(string.Create(CultureInfo.InvariantCulture, $"{name}:{line}: {(key is null ? "" : key + ": ")}{why}"));

        private static long Line(ParsingEvent? at) => at?.Start.Line ?? 1;
        private static string Shown(string text) => (text.Length <= 60 ? text : text[..57] + "…").ReplaceLineEndings(" ");
    }
}
