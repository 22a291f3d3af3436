using StressFarm.Exploration.Records;
using StressFarm.Exploration.Replays;

namespace StressFarm.Exploration.Evidence;

/// <summary>The programme of a finding, shrunk as the finding is: what a person can edit and run again.</summary>
/// <param name="Recurs">written so, the finding's schedule violates as it did</param>
public sealed record FoundProgramme(WrittenProgramme Written, Policy Policy, RawSignature Signature, bool Recurs)
{
    /// <summary>Out of a token; null and one line when there is none to be had.</summary>
    public static FoundProgramme? TryFind(string token, string name, out string error)
    {
        if (ReplayToken.TryDecode(token, out error) is not { } decoded) return null;
        Scenario scenario = decoded.Scenario;
        if (scenario.Start is not null)
        {
            error = "the finding needs the memory that its section had left, which no programme says; 'stressfarm replay' has it in the token";
            return null;
        }
        var programme = new Programme();
        programme.Compose(scenario.Cell.Workload, scenario.Cell.Geometry, scenario.Seed, scenario.Cell.FixedParameters);
        scenario.Edits.Apply(programme);
        WrittenProgramme written = WrittenProgramme.Of(programme, scenario.Cell.Workload is WrittenProgramme own ? own.Id : name);
        Cell cell = scenario.Cell with { Workload = written, FixedParameters = new Dictionary<string, int>() };
        var runner = new ScenarioRunner(cell.Geometry);
        runner.Run(scenario with { Cell = cell, Edits = ProgrammeEdits.None });
        return new(written, scenario.Cell.Policy, decoded.Signature, runner.Signature == decoded.Signature);
    }
}
