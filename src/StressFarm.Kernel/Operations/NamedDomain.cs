namespace StressFarm.Kernel.Operations;

/// <summary>One of the values of an enum, from 0 on, written in small letters: <c>ring-buffer</c> for RingBuffer.</summary>
public sealed class ChoiceDomain<T>(string name) : Domain(name, string.Join(", ", EnumWords.Of<T>().Select(w => w.Word))) where T : struct, Enum
{
    private static readonly (string Word, int Value)[] s_words = EnumWords.Of<T>();

    public override Values In(in Arena arena) => new(0, s_words.Length - 1);
    public override string Format(int value) => EnumWords.Format(s_words, value);
    public override bool TryParse(string text, out int value) => EnumWords.TryParse(s_words, text, out value);
    public override string Choices(in Arena arena) => $"it is one of {Extent}";
}

/// <summary>Any of some flags of an enum, written with a bar between them, <c>none</c> when there are none.</summary>
public sealed class FlagSetDomain<T>(string name, T flags) : Domain(name, string.Join("|", WordsIn(flags).Select(w => w.Word)) + ", or none") where T : struct, Enum
{
    private const string None = "none";
    private readonly (string Word, int Value)[] _words = WordsIn(flags);

    public override Values In(in Arena arena) => new(0, _words.Sum(w => w.Value), _words.Sum(w => w.Value));

    public override string Format(int value) =>
        value == 0 ? None : string.Join('|', _words.Where(w => (value & w.Value) != 0).Select(w => w.Word));

    public override bool TryParse(string text, out int value)
    {
        value = 0;
        if (text == None) return true;
        foreach (string word in text.Split('|'))
        {
            if (!EnumWords.TryParse(_words, word, out int flag)) return false;
            value |= flag;
        }
        return true;
    }

    public override string Choices(in Arena arena) => $"it is {Extent}";

    private static (string Word, int Value)[] WordsIn(T flags) => [.. EnumWords.Of<T>().Where(w => (Convert.ToInt32(flags) & w.Value) != 0)];
}

/// <summary>An enum's members as words of a text.</summary>
internal static class EnumWords
{
    public static (string Word, int Value)[] Of<T>() where T : struct, Enum =>
        [.. Enum.GetValues<T>().Select(v => (WordOf(v.ToString()), Convert.ToInt32(v)))];

    public static string Format((string Word, int Value)[] words, int value)
    {
        int at = Array.FindIndex(words, w => w.Value == value);
        return at < 0 ? value.ToString(System.Globalization.CultureInfo.InvariantCulture) : words[at].Word;
    }

    public static bool TryParse((string Word, int Value)[] words, string text, out int value)
    {
        int at = Array.FindIndex(words, w => w.Word == text);
        value = at < 0 ? 0 : words[at].Value;
        return at >= 0;
    }

    private static string WordOf(string member) =>
        string.Concat(member.Select((c, i) => char.IsUpper(c) ? (i == 0 ? "" : "-") + char.ToLowerInvariant(c) : c.ToString()));
}
