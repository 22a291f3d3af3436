using System.Text.RegularExpressions;

namespace StressFarm.Dashboards.Tests;

/// <summary>One `label=~"value"` of a selector.</summary>
internal sealed record Matcher(string Label, string Operator, string Value);

/// <summary>One series that a query asks for: its name, matchers, range, and the function it is an argument of.</summary>
internal sealed record Selector(string Name, IReadOnlyList<Matcher> Matchers, string? Range, string? Function)
{
    public bool Matches(string label, string op, string value) => Matchers.Contains(new Matcher(label, op, value));
}

/// <summary>
/// What a query is made of, as far as the rules about dashboards ask. It reads tokens and does not parse: whether a query is one at
/// all is promtool's to say.
/// </summary>
internal sealed partial class PromQl
{
    private static readonly HashSet<string> Aggregations =
        ["sum", "min", "max", "avg", "count", "group", "stddev", "stdvar", "topk", "bottomk", "quantile", "count_values"];
    private static readonly HashSet<string> Groupings = ["by", "without", "on", "ignoring", "group_left", "group_right"];
    private static readonly HashSet<string> Words = ["and", "or", "unless", "offset", "bool", "inf", "nan", "atan2"];

    private readonly List<Selector> _selectors = [];
    private readonly HashSet<string> _grouping = [];
    private readonly List<string> _tokens;
    private int _at;

    private PromQl(string query) => _tokens = [.. Token().Matches(query).Select(m => m.Value)];

    public IReadOnlyList<Selector> Selectors => _selectors;

    /// <summary>The labels that results are grouped or joined by.</summary>
    public IReadOnlySet<string> Grouping => _grouping;

    public bool Balanced { get; private set; } = true;

    public static PromQl Read(string query)
    {
        var read = new PromQl(query);
        read.Run();
        return read;
    }

    private string Current => _at < _tokens.Count ? _tokens[_at] : "";

    private void Run()
    {
        var calls = new Stack<string>();
        string called = "";
        while (_at < _tokens.Count)
        {
            string token = _tokens[_at++];
            if (token == "(") { calls.Push(called); called = ""; }
            else if (token == ")") { if (!calls.TryPop(out _)) Balanced = false; }
            else if (token == "{") { _at--; AddSelector("", calls); }
            else if (!Name().IsMatch(token) || Words.Contains(token)) continue;
            else if (Groupings.Contains(token)) { if (Current == "(") ReadLabels(); }
            else if (Current == "(" || Aggregations.Contains(token)) called = token;
            else AddSelector(token, calls);
        }
        Balanced &= calls.Count == 0;
    }

    private void ReadLabels()
    {
        for (_at++; _at < _tokens.Count && _tokens[_at] != ")"; _at++)
            if (_tokens[_at] != ",") _grouping.Add(_tokens[_at]);
        Balanced &= _at < _tokens.Count;
        _at++;
    }

    private void AddSelector(string name, Stack<string> calls)
    {
        List<Matcher> matchers = Current == "{" ? ReadMatchers() : [];
        string? range = null;
        if (Current.StartsWith('[')) range = _tokens[_at++][1..^1];
        if (name.Length == 0) name = matchers.FirstOrDefault(m => m.Label == "__name__")?.Value ?? "";
        _selectors.Add(new Selector(name, matchers, range, calls.TryPeek(out string? f) && f.Length > 0 ? f : null));
    }

    private List<Matcher> ReadMatchers()
    {
        var matchers = new List<Matcher>();
        for (_at++; _at + 2 < _tokens.Count && _tokens[_at] != "}"; _at++)
        {
            if (_tokens[_at] == ",") continue;
            matchers.Add(new Matcher(_tokens[_at], _tokens[_at + 1], _tokens[_at + 2].Trim('"', '\'')));
            _at += 2;
        }
        Balanced &= Current == "}";
        _at++;
        return matchers;
    }

    [GeneratedRegex("""
        "(?:\\.|[^"\\])*"|'[^']*'|\[[^\]]*\]|[A-Za-z_:][A-Za-z0-9_:]*|[0-9.][0-9A-Za-z.]*|=~|!~|!=|==|<=|>=|[^\s]
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Token();

    [GeneratedRegex("^[A-Za-z_:][A-Za-z0-9_:]*$")]
    private static partial Regex Name();
}
