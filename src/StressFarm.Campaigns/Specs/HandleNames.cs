namespace StressFarm.Campaigns.Specs;

/// <summary>
/// The handles of one CPU, or of the set-up's, as a file has them: a name stands for the lowest number that the list does not
/// use as such, in the order in which names appear.
/// </summary>
internal sealed class HandleNames
{
    private const string Argument = "handle=";

    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private uint _taken, _filled;

    /// <param name="calls">all the calls whose handles these are</param>
    public HandleNames(IEnumerable<UserValue> calls)
    {
        foreach (UserValue call in calls)
            if (Of(call.Text) is { Length: > 0 } text && int.TryParse(text, out int number) && number is >= 0 and < Handles.Capacity) _taken |= 1u << number;
    }

    /// <summary>Something may lie in it.</summary>
    public bool IsFilled(int handle) => (_filled >> handle & 1) != 0;
    public void Fill(int handle) => _filled |= 1u << handle;

    /// <summary>The name that a call gives its handle; empty when it gives none, or a number.</summary>
    public static string NameIn(string call) => Of(call) is { Length: > 0 } text && char.IsAsciiLetter(text[0]) && text != "none" ? text : "";

    /// <summary>The call with the number in the name's place.</summary>
    public static string Numbered(string call, string name, int number) =>
        string.Join(' ', Words(call).Select(w => w == Argument + name ? Argument + number.ToString(System.Globalization.CultureInfo.InvariantCulture) : w));

    /// <summary>The number of a name; -1 when the names are more than the handles.</summary>
    public int NumberOf(string name)
    {
        if (_numbers.TryGetValue(name, out int known)) return known;
        for (int number = 0; number < Handles.Capacity; number++)
            if ((_taken >> number & 1) == 0)
            {
                _taken |= 1u << number;
                return _numbers[name] = number;
            }
        return -1;
    }

    public bool Knows(string name) => _numbers.ContainsKey(name);

    private static string Of(string call) => Words(call).FirstOrDefault(w => w.StartsWith(Argument, StringComparison.Ordinal)) is { } word ? word[Argument.Length..] : "";
    private static string[] Words(string call) => call.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}
