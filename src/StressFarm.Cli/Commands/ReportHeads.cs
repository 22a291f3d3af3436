using System.Text.Json;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Runs;
using StressFarm.Campaigns.Specs;

namespace StressFarm.Cli.Commands;

/// <summary>The heads of the chains as the report in an output folder names them: what shows that a ledger lost its end.</summary>
internal static class ReportHeads
{
    /// <summary>By cell: epochs counted, and the chain after them. Empty when there is no report of this campaign.</summary>
    /// <exception cref="CampaignFault">a report lies there and cannot be read</exception>
    public static IReadOnlyList<(int Cell, long Epochs, string Chain)> Read(string folder, CampaignSpec spec)
    {
        string path = Path.Combine(folder, OutputFolder.Report);
        if (!File.Exists(path)) return [];
        try
        {
            using JsonDocument report = JsonDocument.Parse(File.ReadAllBytes(path));
            if (report.RootElement.GetProperty("spec").GetProperty("hash").GetString() != spec.Hash) return [];
            return [.. report.RootElement.GetProperty("cells").EnumerateArray()
                .Select((cell, i) => (i, cell.GetProperty("epochs").GetInt64(), cell.GetProperty("chain").GetString() ?? ""))
                .Where(head => head.Item2 > 0)];
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or IOException or UnauthorizedAccessException)
        {
            throw new CampaignFault($"'{path}' is no report: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }
}
