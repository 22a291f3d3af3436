using System.Text;
using System.Text.Json;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Reports;
using StressFarm.Campaigns.Runs;
using StressFarm.Campaigns.Soak;
using StressFarm.Campaigns.Tallies;
using StressFarm.Exploration;
using StressFarm.Exploration.Evidence;

namespace StressFarm.Cli.Output;

/// <summary>What <c>--format json</c> prints on standard output, and nothing else is printed there.</summary>
internal static class JsonOutput
{
    public static void Write(TextWriter output, CampaignReport report, CampaignOutcome outcome) => Write(output, json =>
    {
        json.WriteStartObject();
        json.WriteString("build", BuildInfo.Build);
        json.WriteString("modelVersion", report.Model);
        json.WriteNumber("seed", report.Spec.FirstSeed);
        json.WriteString("digest", DigestText.Hex(report.Digest));
        json.WriteNumber("steps", report.Steps);
        json.WriteNumber("schedules", report.Schedules);
        ReportWriter.WriteCanaries(json, report.Canaries);
        json.WriteNumber("elapsedSeconds", Math.Round(outcome.Elapsed.TotalSeconds, 3));
        json.WriteStartArray("cells");
        foreach (CellReport cell in report.Cells)
        {
            json.WriteStartObject();
            ReportWriter.WriteCellHead(json, cell);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("findings");
        foreach (CampaignFinding finding in report.Findings) WriteFinding(json, finding.Finding, full: false);
        json.WriteEndArray();
        json.WriteEndObject();
    });

    public static void Write(TextWriter output, ChainVerification done) => Write(output, json =>
    {
        json.WriteStartObject();
        json.WriteNumber("sections", done.Sections);
        json.WriteNumber("epochs", done.Epochs);
        json.WriteNumber("checkpoints", done.Checkpoints);
        json.WriteNumber("reexecuted", done.Reexecuted);
        json.WriteEndObject();
    });

    public static void Write(TextWriter output, Finding finding) => Write(output, json => WriteFinding(json, finding, full: true));

    public static void Write(TextWriter output, ReplayOutcome outcome) => Write(output, json =>
    {
        json.WriteStartObject();
        json.WriteString("build", BuildInfo.Build);
        json.WriteString("modelVersion", ModelVersion.Current);
        json.WriteBoolean("recurred", outcome.Recurred);
        json.WriteBoolean("digestMatches", outcome.DigestMatches);
        json.WriteString("digest", DigestText.Hex(outcome.Digest));
        json.WriteString("expectedDigest", DigestText.Hex(outcome.ExpectedDigest));
        json.WriteString("policy", PolicyName.Of(outcome.Cell.Policy));
        json.WriteString("workload", outcome.Cell.Workload.Id);
        json.WriteString("strategy", outcome.Cell.StrategyId);
        json.WriteNumber("seed", outcome.Seed);
        json.WritePropertyName("finding");
        if (outcome.Finding is { } finding) WriteFinding(json, finding, full: true);
        else json.WriteNullValue();
        json.WriteEndObject();
    });

    public static void Write(TextWriter output, IReadOnlyList<ListItem> items) => Write(output, json =>
    {
        json.WriteStartArray();
        foreach (ListItem item in items)
        {
            json.WriteStartObject();
            json.WriteString("id", item.Id);
            json.WriteString("summary", item.Summary);
            foreach (var (name, value) in item.More) json.WriteString(name, value);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });

    private static void WriteFinding(Utf8JsonWriter json, Finding f, bool full)
    {
        json.WriteStartObject();
        json.WriteString("id", f.Id);
        json.WriteString("signature", f.Signature);
        json.WriteString("invariant", f.Invariant);
        json.WriteString("field", f.Field);
        json.WriteString("policy", f.Policy);
        json.WriteString("workload", f.Workload);
        json.WriteNumber("seed", f.Seed);
        json.WriteNumber("length", f.Length);
        json.WriteString("replay", ReportWriter.ReplayCommand(f));
        if (full)
        {
            json.WriteString("severity", f.Severity);
            json.WriteString("strategy", f.Strategy);
            json.WriteString("silencer", f.Silencer);
            json.WriteNumber("switches", f.Switches);
            json.WriteNumber("reliability", f.Reliability);
            json.WriteString("sentence", f.Sentence);
            json.WriteString("kernelSays", f.KernelSays);
            if (f.HistorySentence() is { } history) json.WriteString("history", history);
            ReportWriter.WriteStrings(json, "columns", f.Columns);
            ReportWriter.WriteStrings(json, "guiltyWord", f.GuiltyWord);
            ReportWriter.WriteStrings(json, "mailBlock", f.MailBlock);
        }
        json.WriteEndObject();
    }

    internal static void Write(TextWriter output, Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, ReportWriter.Layout)) write(json);
        output.WriteLine(Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length));
    }
}
