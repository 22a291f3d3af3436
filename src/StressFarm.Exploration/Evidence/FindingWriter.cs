using System.Globalization;
using StressFarm.Exploration.Records;
using StressFarm.Exploration.Replays;
using StressFarm.Exploration.Schedules;
using StressFarm.Exploration.Shrinking;

namespace StressFarm.Exploration.Evidence;

/// <summary>Replays a scenario with a recorder and words what it shows.</summary>
internal static class FindingWriter
{
    private const int Replays = 10;

    /// <summary>The finding of a scenario; null when it violates nothing.</summary>
    /// <param name="token">its token; made when null</param>
    public static Finding? Write(ScenarioRunner runner, Scenario scenario, string? token = null)
    {
        var trace = new StepTrace();
        runner.Machine.Trace = trace;
        ScheduleResult result;
        try
        {
            result = runner.Run(scenario);
        }
        finally
        {
            runner.Machine.Trace = null;
        }
        if (runner.Violation is not { } v) return null;
        RawSignature raw = RawSignature.Of(v);
        IReadOnlyList<string> guilty = GuiltyWord.Format(v, trace.Steps, runner.Machine);
        // A run that violates in its set-up has no other steps to count.
        int length = runner.Choices.Count > 0 ? runner.Choices.Count : trace.Steps.Count(s => !s.IsRaw);
        int switches = Scenario.SwitchesOf(runner.Choices);
        token ??= new ReplayToken(scenario, result.Digest, raw).Encode();
        string silencer = Silencer.Of(runner, scenario, raw);
        string signature = SignatureText(raw, silencer);
        Cell cell = scenario.Cell;
        // One row each for the heading and the verdict.
        IReadOnlyList<EvidenceRow> rows = EvidenceRows.Of(trace.Steps, v.Location, CpuColumns.MostRows - 2);
        return new Finding(
            IdOf(signature, cell), signature, v.Invariant.Id, v.Invariant.Severity.ToString(), v.Field, raw.Operation, raw.Other,
            silencer, PolicyName.Of(cell.Policy), cell.Workload.Id, cell.StrategyId, scenario.Seed, length, switches,
            Reliability(runner, scenario, raw, result.Digest), v.Sentence, v.KernelSays,
            CpuColumns.Format(rows, v.Field, v.Invariant.Id), guilty, token)
        {
            History = scenario.Start?.Place,
            MailBlock = MailBlock.Format(EvidenceRows.Of(trace.Steps, v.Location, MailBlock.MostRows), v.Field),
        };
    }

    /// <summary>"I06 _nr_pages vm_insert_pages×alloc_pages CMP".</summary>
    public static string SignatureText(RawSignature raw, string silencer)
    {
        string pair = raw.Other.Length == 0 ? raw.Operation : $"{raw.Operation}×{raw.Other}";
        return string.Join(' ', new[] { raw.Invariant, raw.Field, pair, silencer }.Where(part => part.Length > 0));
    }

    private static string IdOf(string signature, Cell cell) => string.Create(CultureInfo.InvariantCulture,
        $"F-{StableHash.Of($"{signature}|{cell.Policy}|{(ulong)cell.Policy.Deviations:x}|{cell.Workload.Key}") >> 40:x6}");

    /// <summary>Of ten more replays, one of them on a machine that never ran anything, how many gave the same end.</summary>
    private static int Reliability(ScenarioRunner runner, Scenario scenario, RawSignature raw, ulong digest)
    {
        int same = 0;
        for (int i = 0; i < Replays; i++)
        {
            ScenarioRunner on = i == 0 ? new ScenarioRunner(scenario.Cell.Geometry) : runner;
            if (on.Run(scenario).Digest == digest && on.Signature == raw) same++;
        }
        return same;
    }
}
