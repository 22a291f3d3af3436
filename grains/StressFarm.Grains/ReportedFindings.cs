using System.Text.Json;
using StressFarm.Campaigns.Farm;

namespace StressFarm.Grains;

/// <summary>
/// What the report of a campaign says of its findings: how often each was seen, and which one each cell showed first. Read
/// without the spec, which this build may not know any more.
/// </summary>
public sealed class ReportedFindings
{
    private sealed record Reported(string Signature, string Invariant, long Count, string[] Policies);

    private readonly Dictionary<string, Reported> _findings;
    private readonly (string Policy, string Workload, string First)[] _violated;

    private ReportedFindings(Dictionary<string, Reported> findings, (string, string, string)[] violated) => (_findings, _violated) = (findings, violated);

    /// <param name="json">report.json</param>
    public static ReportedFindings Of(byte[] json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
        var byId = document.RootElement.GetProperty("findings").EnumerateArray().ToDictionary(f => Text(f, "id"), f => new Reported(
            Text(f, "signature"), Text(f, "invariant"), f.GetProperty("occurrences").GetInt64(), [.. f.GetProperty("policies").EnumerateArray().Select(p => p.GetString()!)]));
        (string, string, string)[] violated = [.. document.RootElement.GetProperty("cells").EnumerateArray()
            .Where(c => c.GetProperty("firstFinding").ValueKind == JsonValueKind.String)
            .Select(c => (Text(c, "policy"), Text(c, "workload"), byId[Text(c, "firstFinding")].Signature))];
        return new(byId.Values.ToDictionary(f => f.Signature, StringComparer.Ordinal), violated);
    }

    /// <summary>Schedules that showed it; null when the report does not know it.</summary>
    public long? Count(string signature) => _findings.GetValueOrDefault(signature)?.Count;

    /// <summary>Workloads that showed it first under this design. There may be others.</summary>
    public IEnumerable<string> Workloads(string policy, string signature) => _violated.Where(c => c.Policy == policy && c.First == signature).Select(c => c.Workload);

    /// <summary>A workload is asked for, and in a cell of it there may be a finding that was not the cell's first: only the ledger knows.</summary>
    public bool LeavesOpen(FindingQuery query) => query.Workload is not null && _violated.Any(c => _findings.Values.Any(f =>
        f.Signature != c.First && f.Policies.Contains(c.Policy) && query.Takes(c.Policy, c.Workload, f.Invariant)));
}
