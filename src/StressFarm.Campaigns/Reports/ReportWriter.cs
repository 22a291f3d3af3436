using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using StressFarm.Campaigns.Specs;
using StressFarm.Campaigns.Tallies;
using StressFarm.Exploration.Evidence;
using StressFarm.Exploration.Records;

namespace StressFarm.Campaigns.Reports;

/// <summary>
/// Writes <c>report.json</c>: canonical. The same spec gives the same bytes on any machine, with any number of workers, in
/// one go or in ten. No time, host, worker or path.
/// </summary>
public static class ReportWriter
{
    /// <summary>How all JSON for users is written, the same on every system.</summary>
    public static JsonWriterOptions Layout { get; } = new()
    {
        Indented = true,
        NewLine = "\n",
        // Signatures and sentences keep their '<', '>' and '+'; the file is no HTML.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static byte[] Canonical(CampaignReport report)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Layout))
        {
            json.WriteStartObject();
            json.WriteString("modelVersion", report.Model);
            WriteSpec(json, report.Spec);
            json.WriteNumber("seed", report.Spec.FirstSeed);
            json.WriteString("digest", DigestText.Hex(report.Digest));
            json.WriteNumber("shards", report.Shards);
            json.WriteNumber("schedules", report.Schedules);
            json.WriteNumber("steps", report.Steps);
            json.WriteStartObject("determinism");
            json.WriteNumber("checked", report.DeterminismChecked);
            json.WriteNumber("mismatches", report.DeterminismMismatches);
            json.WriteEndObject();
            WriteCanaries(json, report.Canaries);
            json.WriteStartArray("cells");
            foreach (CellReport cell in report.Cells) WriteCell(json, cell);
            json.WriteEndArray();
            json.WriteStartArray("findings");
            foreach (CampaignFinding finding in report.Findings) WriteFinding(json, finding);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

    /// <summary>The command that repeats a finding.</summary>
    public static string ReplayCommand(Finding finding) => $"stressfarm replay {finding.Token}";

    private static void WriteSpec(Utf8JsonWriter json, CampaignSpec spec)
    {
        json.WriteStartObject("spec");
        json.WriteString("hash", spec.Hash);
        json.WriteStartArray("text");
        foreach (string line in spec.Canonical.Split('\n', StringSplitOptions.RemoveEmptyEntries)) json.WriteStringValue(line);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>The canaries of a report, as report.json and the command's JSON have them.</summary>
    public static void WriteCanaries(Utf8JsonWriter json, CanarySummary canaries)
    {
        json.WriteStartObject("canaries");
        json.WriteNumber("planted", canaries.Counts.Planted);
        json.WriteNumber("caught", canaries.Counts.Caught);
        json.WriteStartArray("each");
        foreach (CanaryCount c in canaries.Each)
        {
            json.WriteStartObject();
            json.WriteString("id", c.Id);
            json.WriteString("kind", c.Kind);
            json.WriteNumber("planted", c.Planted);
            json.WriteNumber("caught", c.Caught);
            json.WriteNumber("absent", c.Absent);
            json.WriteNumber("schedules", c.Schedules);
            json.WriteNumber("steps", c.Steps);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>What a cell is and how it stands, as report.json and the command's JSON have it; in an object that is open.</summary>
    public static void WriteCellHead(Utf8JsonWriter json, CellReport cell)
    {
        json.WriteString("policy", cell.Policy);
        json.WriteString("workload", cell.Workload);
        json.WriteString("strategy", cell.Strategy);
        if (cell.Soak is { } soak)
        {
            json.WriteNumber("section", soak.Section);
            json.WriteNumber("epochs", soak.Epochs);
            json.WriteString("chain", soak.Chain);
        }
        json.WriteString("verdict", Verdicts.Name(cell.Verdict));
        json.WriteNumber("schedules", cell.Schedules);
        json.WriteNumber("steps", cell.Steps);
    }

    private static void WriteCell(Utf8JsonWriter json, CellReport cell)
    {
        json.WriteStartObject();
        WriteCellHead(json, cell);
        json.WriteNumber("violated", cell.Violated);
        json.WriteNumber("cut", cell.Cut);
        json.WriteString("firstFinding", cell.FirstFinding);
        json.WriteStartArray("arms");
        foreach (ArmCount arm in cell.Arms)
        {
            json.WriteStartObject();
            json.WriteString("strategy", arm.Strategy);
            json.WriteNumber("schedules", arm.Schedules);
            json.WriteNumber("steps", arm.Steps);
            json.WriteNumber("violated", arm.Violated);
            json.WriteNumber("cut", arm.Cut);
            if (cell.Timelines is { } timelines) json.WriteNumber("newSpecies", timelines.FirstBy.First(f => f.Arm == arm.Strategy).Species);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        if (cell.Timelines is { } seen) json.WriteNumber("species", seen.Species);
        WriteStrings(json, "bounds", cell.Bounds);
        json.WriteEndObject();
    }

    private static void WriteFinding(Utf8JsonWriter json, CampaignFinding found)
    {
        Finding f = found.Finding;
        json.WriteStartObject();
        json.WriteString("id", f.Id);
        json.WriteString("signature", f.Signature);
        json.WriteString("invariant", f.Invariant);
        json.WriteString("severity", f.Severity);
        json.WriteString("field", f.Field);
        json.WriteString("operation", f.Operation);
        json.WriteString("other", f.Other);
        json.WriteString("silencer", f.Silencer);
        json.WriteString("policy", f.Policy);
        json.WriteString("workload", f.Workload);
        json.WriteString("strategy", f.Strategy);
        json.WriteNumber("seed", f.Seed);
        json.WriteNumber("occurrences", found.Count);
        WriteStrings(json, "policies", found.Policies);
        json.WriteNumber("length", f.Length);
        json.WriteNumber("switches", f.Switches);
        json.WriteNumber("reliability", f.Reliability);
        json.WriteString("sentence", f.Sentence);
        json.WriteString("kernelSays", f.KernelSays);
        if (f.HistorySentence() is { } history) json.WriteString("history", history);
        WriteStrings(json, "columns", f.Columns);
        WriteStrings(json, "guiltyWord", f.GuiltyWord);
        json.WriteString("replay", ReplayCommand(f));
        json.WriteEndObject();
    }

    public static void WriteStrings(Utf8JsonWriter json, string name, IReadOnlyList<string> values)
    {
        json.WriteStartArray(name);
        foreach (string value in values) json.WriteStringValue(value);
        json.WriteEndArray();
    }

    /// <summary>The same text as UTF-16.</summary>
    public static string CanonicalText(CampaignReport report) => Encoding.UTF8.GetString(Canonical(report));
}
