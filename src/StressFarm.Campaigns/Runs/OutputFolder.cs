using System.Globalization;
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
    public void Write(CampaignReport report, CampaignOutcome outcome, string build, int workers) => Write(
        (Report, ReportWriter.Canonical(report)), (Page, VerdictPage.Markdown(report)),
        (Timings, JsonText.FileOf(TimingsShape.Of(outcome, build, workers), TimingsJson.Default.TimingsShape)));

    /// <summary>Writes a report that was drawn up elsewhere.</summary>
    public void Write(byte[] report, byte[] page) => Write((Report, report), (Page, page));

    private void Write(params ReadOnlySpan<(string Name, byte[] Content)> files)
    {
        try
        {
            foreach (var (name, content) in files) Replace(name, content);
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
}
