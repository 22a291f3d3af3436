using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using StressFarm.Campaigns.Specs;
using StressFarm.Campaigns.Tallies;
using StressFarm.Exploration.Evidence;
using StressFarm.Exploration.Records;

namespace StressFarm.Campaigns.Reports;

/// <summary>Reads what <see cref="ReportWriter"/> wrote, so that a farm's report is shown as one of this machine.</summary>
public static partial class ReportReader
{
    /// <param name="spec">of the campaign: the report holds its text only</param>
    /// <exception cref="CampaignFault">it is not such a report</exception>
    public static CampaignReport Read(byte[] bytes, CampaignSpec spec)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes);
            JsonElement report = document.RootElement, determinism = report.GetProperty("determinism");
            List<CellReport> cells = [.. report.GetProperty("cells").EnumerateArray().Select(Cell)];
            return new(spec, Text(report, "modelVersion"), ulong.Parse(Text(report, "digest"), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
                Number(report, "shards"), Number(report, "schedules"), Number(report, "steps"), Number(determinism, "checked"), Number(determinism, "mismatches"),
                cells, [.. report.GetProperty("findings").EnumerateArray().Select(f => Finding(f, cells))])
            {
                Canaries = report.TryGetProperty("canaries", out JsonElement canaries)
                    ? new([.. canaries.GetProperty("each").EnumerateArray().Select(Canary)]) : CanarySummary.None,
            };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or FormatException or InvalidOperationException or OverflowException)
        {
            throw new CampaignFault($"the report cannot be read: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    private static CanaryCount Canary(JsonElement c) =>
        new(Text(c, "id"), Text(c, "kind"), Number(c, "planted"), Number(c, "caught"), Number(c, "absent"), Number(c, "schedules"), Number(c, "steps"));

    private static CellReport Cell(JsonElement cell) => new(
        Text(cell, "policy"), Text(cell, "workload"), Text(cell, "strategy"), VerdictOf(Text(cell, "verdict")),
        Number(cell, "schedules"), Number(cell, "steps"), Number(cell, "violated"), Number(cell, "cut"), cell.GetProperty("firstFinding").GetString(),
        [.. cell.GetProperty("arms").EnumerateArray().Select(arm => new ArmCount(
            Text(arm, "strategy"), Number(arm, "schedules"), Number(arm, "steps"), Number(arm, "violated"), Number(arm, "cut")))],
        Texts(cell, "bounds"))
    {
        Soak = cell.TryGetProperty("section", out JsonElement section) ? new(section.GetInt32(), Number(cell, "epochs"), Text(cell, "chain")) : null,
        Search = cell.TryGetProperty("search", out JsonElement search) ? new(Text(search, "searched"), Number(search, "asked"), Number(search, "stateLimit"), new(
            Number(search, "exhausted"), Number(search, "violated"), Number(search, "unfinished"), Number(search, "states"), Number(search, "transitions"),
            Number(search, "finalStates"), Number(search, "mostStates")), Texts(search, "invariants")) : null,
        Timelines = cell.TryGetProperty("species", out JsonElement species)
            ? new(species.GetInt32(), [.. cell.GetProperty("arms").EnumerateArray().Select(arm => (Text(arm, "strategy"), Number(arm, "newSpecies")))]) : null,
    };

    private static CampaignFinding Finding(JsonElement f, List<CellReport> cells)
    {
        string replay = Text(f, "replay");
        var finding = new Finding(
            Text(f, "id"), Text(f, "signature"), Text(f, "invariant"), Text(f, "severity"), Text(f, "field"), Text(f, "operation"), Text(f, "other"), Text(f, "silencer"),
            Text(f, "policy"), Text(f, "workload"), Text(f, "strategy"), f.GetProperty("seed").GetUInt64(),
            f.GetProperty("length").GetInt32(), f.GetProperty("switches").GetInt32(), f.GetProperty("reliability").GetInt32(),
            Text(f, "sentence"), f.GetProperty("kernelSays").GetString(), Texts(f, "columns"), Texts(f, "guiltyWord"), replay[(replay.LastIndexOf(' ') + 1)..])
        {
            History = f.TryGetProperty("history", out JsonElement history) ? Place(history.GetString() ?? "") : null,
        };
        return new CampaignFinding(finding, cells.FindIndex(c => c.Policy == finding.Policy && c.Workload == finding.Workload), Number(f, "occurrences"), Texts(f, "policies"));
    }

    /// <summary>Out of <see cref="Finding.HistorySentence"/>: a report says it in words.</summary>
    private static SoakPlace Place(string sentence) => HistoryPlace().Match(sentence) is { Success: true } match
        ? new(int.Parse(match.Groups[2].ValueSpan, CultureInfo.InvariantCulture), long.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture))
        : throw new FormatException("a finding's history names no epoch");

    [GeneratedRegex(@"epoch (\d+) of section (\d+)", RegexOptions.CultureInvariant)]
    private static partial Regex HistoryPlace();

    private static Verdict VerdictOf(string name) =>
        Enum.GetValues<Verdict>().Where(v => Verdicts.Name(v) == name).Select(v => (Verdict?)v).FirstOrDefault() ?? throw new FormatException($"unknown verdict '{name}'");

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString() ?? throw new FormatException($"'{name}' is null");
    private static long Number(JsonElement element, string name) => element.GetProperty(name).GetInt64();
    private static IReadOnlyList<string> Texts(JsonElement element, string name) => [.. element.GetProperty(name).EnumerateArray().Select(e => e.GetString() ?? "")];
}
