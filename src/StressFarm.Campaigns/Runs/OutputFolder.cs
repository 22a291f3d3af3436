using System.Globalization;
using System.Text.Json;
using StressFarm.Campaigns.Reports;

namespace StressFarm.Campaigns.Runs;

/// <summary>The folder that a campaign's results lie in: ledger, report, timings.</summary>
public sealed class OutputFolder
{
    public const string Report = "report.json";
    /// <summary>The report for people.</summary>
    public const string Page = "report.md";
    public const string Timings = "timings.json";

    private OutputFolder(string path) => FullPath = path;

    public string FullPath { get; }

    /// <summary>The folder, created when there is none and known to be writable.</summary>
    /// <exception cref="SpecException">it cannot be used</exception>
    public static OutputFolder Prepare(string path)
    {
        try
        {
            if (string.IsNullOrWhiteSpace(path)) throw new SpecException("--out: the folder has no name");
            string full = Path.GetFullPath(path);
            if (File.Exists(full)) throw new SpecException($"--out: '{path}' is a file, not a folder");
            Directory.CreateDirectory(full);
            string probe = Path.Combine(full, string.Create(CultureInfo.InvariantCulture, $".probe-{Environment.ProcessId}"));
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
            return new OutputFolder(full);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new SpecException($"--out: cannot write to '{path}': {e.Message.ReplaceLineEndings(" ")}");
        }
    }

    /// <summary>Writes report and timings, each whole or not at all.</summary>
    public void Write(CampaignReport report, CampaignOutcome outcome, string build, int workers)
    {
        try
        {
            Replace(Report, ReportWriter.Canonical(report));
            Replace(Page, VerdictPage.Markdown(report));
            Replace(Timings, TimingsOf(outcome, build, workers));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CampaignFault($"cannot write the report to '{FullPath}': {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    /// <summary>Writes a report that was drawn up elsewhere.</summary>
    public void Write(byte[] report, byte[] page)
    {
        try
        {
            Replace(Report, report);
            Replace(Page, page);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CampaignFault($"cannot write the report to '{FullPath}': {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    private void Replace(string name, byte[] content)
    {
        string path = Path.Combine(FullPath, name), draft = path + ".new";
        File.WriteAllBytes(draft, content);
        File.Move(draft, path, overwrite: true);
    }

    private static byte[] TimingsOf(CampaignOutcome outcome, string build, int workers)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, ReportWriter.Layout))
        {
            json.WriteStartObject();
            json.WriteString("build", build);
            json.WriteNumber("workers", workers);
            json.WriteNumber("shardsResumed", outcome.Resumed);
            json.WriteNumber("stepsThisRun", outcome.StepsHere);
            json.WriteNumber("exploringSeconds", Math.Round(outcome.Exploring.TotalSeconds, 3));
            json.WriteNumber("elapsedSeconds", Math.Round(outcome.Elapsed.TotalSeconds, 3));
            json.WriteEndObject();
        }
        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }
}
