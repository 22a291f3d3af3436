using System.Globalization;
using System.Text.RegularExpressions;

namespace StressFarm.Farm.Tests.Watching;

/// <summary>Puts what Grafana would put in the place of the variables of a query.</summary>
/// <param name="variables">the dashboard's own, see <see cref="Dashboard.Variables"/></param>
/// <param name="job">the value of <c>$job</c></param>
/// <param name="range">seconds that the dashboard shows</param>
/// <param name="step">seconds between two points</param>
internal sealed partial class QueryText(IReadOnlyDictionary<string, string> variables, string job, int range, int step)
{
    /// <summary>At least four scrapes, as Grafana has it; ten here, since a silo under load is late at times.</summary>
    private int RateInterval => Math.Max(10, 4 * step);

    public string Of(string expression) => Variable().Replace(expression, m => Value(m.Groups["name"].Value));

    private string Value(string name) => name switch
    {
        "__rate_interval" => Seconds(RateInterval),
        "__rate_interval_ms" => Number(1000 * RateInterval),
        "__interval" => Seconds(step),
        "__interval_ms" => Number(1000 * step),
        "__range" => Seconds(range),
        "__range_s" => Number(range),
        "__range_ms" => Number(1000 * range),
        "job" => job,
        _ => variables.TryGetValue(name, out string? value) ? value : throw new FormatException($"the dashboard has no variable ${name}"),
    };

    private static string Seconds(int seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds}s");
    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    // $name, ${name} and ${name:format}. A "$" at the end of a regular expression is none of these.
    [GeneratedRegex(@"\$(?:(?<name>[A-Za-z_]\w*)|\{(?<name>[A-Za-z_]\w*)(?::\w+)?\})")]
    private static partial Regex Variable();
}
