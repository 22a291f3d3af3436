using System.Globalization;

namespace StressFarm.Farm.Tests;

/// <summary>A silo's <c>/metrics</c>: sums over the series of a name.</summary>
internal sealed class Scrape
{
    private readonly List<(string Name, string Labels, double Value)> _samples = [];

    private Scrape() { }

    public static async Task<Scrape> Of(HttpClient http, SiloProcess silo)
    {
        var scrape = new Scrape();
        foreach (string line in (await http.GetStringAsync(TestFarm.Address(silo, "metrics"))).Split('\n'))
        {
            if (line.Length == 0 || line[0] == '#') continue;
            int name = line.IndexOfAny(['{', ' ']), end = line.LastIndexOf('}');
            string[] words = line[(end > 0 ? end + 1 : name)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            scrape._samples.Add((line[..name], end > 0 ? line[name..(end + 1)] : "", double.Parse(words[0], CultureInfo.InvariantCulture)));
        }
        return scrape;
    }

    /// <summary>The sum of every series of this name, or of those with this label: <c>name="value"</c>.</summary>
    public double this[string name, string label = ""] => _samples.Where(s => s.Name == name && s.Labels.Contains(label, StringComparison.Ordinal)).Sum(s => s.Value);
    public bool Has(string name) => _samples.Exists(s => s.Name == name);
}
