using System.Text;
using StressFarm.Exploration.Evidence;

namespace StressFarm.Campaigns.Reports;

/// <summary>
/// Writes <c>report.json</c>: canonical. The same spec gives the same bytes on any machine, with any number of workers, in
/// one go or in ten. No time, host, worker or path.
/// </summary>
public static class ReportWriter
{
    public static byte[] Canonical(CampaignReport report) => JsonText.FileOf(ReportShape.Of(report), ReportJson.Default.ReportShape);

    /// <summary>The same text as UTF-16.</summary>
    public static string CanonicalText(CampaignReport report) => Encoding.UTF8.GetString(Canonical(report));

    /// <summary>The command that repeats a finding.</summary>
    public static string ReplayCommand(Finding finding) => $"stressfarm replay {finding.Token}";
}
