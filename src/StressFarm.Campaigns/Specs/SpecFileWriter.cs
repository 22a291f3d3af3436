using System.Globalization;
using System.Text;

namespace StressFarm.Campaigns.Specs;

/// <summary>Writes a request as the campaign file that <see cref="SpecFile"/> reads back as the same request.</summary>
public static class SpecFileWriter
{
    public static string Write(CampaignRequest request)
    {
        var text = new StringBuilder();
        List(text, "policies", request.Policies);
        List(text, "workloads", request.Workloads);
        Single(text, "programme", request.Programme);
        Single(text, "strategy", request.Strategy);
        Single(text, "generation", request.Generation);
        Single(text, "seed", request.Seed);
        Single(text, "schedules", request.Schedules);
        Single(text, "steps", request.Steps);
        Single(text, "for", request.For);
        Single(text, "cpus", request.Cpus);
        Single(text, "pages", request.Pages);
        Map(text, "set", request.Set);
        Single(text, "bug", request.Bug);
        Single(text, "shard", request.Shard);
        Single(text, "workers", request.Workers);
        Single(text, "canaries", request.Canaries);
        if (request.Soak) Parts(text, "soak", ("sections", request.SoakSections), ("epochs", request.SoakEpochs), ("schedules", request.SoakSchedules));
        if (request.Exhaust)
            Parts(text, "exhaust", ("states", request.ExhaustStates), ("count", request.ExhaustCount), ("parts", request.ExhaustParts), ("depth", request.ExhaustDepth));
        return text.ToString();
    }

    private static void Single(StringBuilder text, string key, UserValue? value)
    {
        if (value is not null) text.Append(key).Append(": ").Append(Scalar(value.Text)).Append('\n');
    }

    private static void List(StringBuilder text, string key, List<UserValue> values)
    {
        if (values.Count == 0) return;
        text.Append(key).Append(":\n");
        foreach (UserValue value in values) text.Append("  - ").Append(Scalar(value.Text)).Append('\n');
    }

    private static void Map(StringBuilder text, string key, List<UserValue> pairs)
    {
        if (pairs.Count == 0) return;
        text.Append(key).Append(":\n");
        foreach (UserValue pair in pairs)
        {
            string[] parts = pair.Text.Split('=', 2);
            text.Append("  ").Append(Scalar(parts[0])).Append(": ").Append(Scalar(parts.Length > 1 ? parts[1] : "")).Append('\n');
        }
    }

    private static void Parts(StringBuilder text, string key, params ReadOnlySpan<(string Name, UserValue? Value)> all)
    {
        var parts = new List<string>();
        foreach (var (name, value) in all)
            if (value is not null) parts.Add($"{name}: {Scalar(value.Text)}");
        text.Append(key).Append(": {").AppendJoin(", ", parts).Append("}\n");
    }

    /// <summary>Plain where nothing in it means anything to YAML, quoted otherwise.</summary>
    private static string Scalar(string value)
    {
        if (value.Length > 0 && char.IsAsciiLetterOrDigit(value[0]) && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')) return value;
        var quoted = new StringBuilder("\"");
        foreach (Rune rune in value.EnumerateRunes())
        {
            if (rune.Value is '"' or '\\') quoted.Append('\\').Append((char)rune.Value);
            else if (rune.Value is >= ' ' and < 127) quoted.Append((char)rune.Value);
            else quoted.Append(CultureInfo.InvariantCulture, $"\\U{rune.Value:X8}");
        }
        return quoted.Append('"').ToString();
    }
}
