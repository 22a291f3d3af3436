namespace StressFarm.Exploration.Tests;

/// <summary>
/// What may be written is what the model is true for: whatever calls somebody puts together, control is silent on them and the model
/// does not fail. A violation here is a premise that no operation declares, or a defect of the model.
/// </summary>
public class FreeProgrammeTests
{
    private const int Programmes = 2000;
    private static readonly Geometry s_geometry = new(64, 4);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Control_is_silent_on_whatever_may_be_written(ulong seed)
    {
        var free = new FreeProgrammes(seed);
        var machine = new Machine(s_geometry);
        var runner = new ScheduleRunner(machine);
        var programme = new Programme();
        var none = new Dictionary<string, int>();
        Strategy walk = new RandomWalk();
        var failures = new List<string>();
        for (int i = 0; i < Programmes; i++)
        {
            WrittenProgramme written = free.Next();
            Assert.True(ProgrammeText.TryRead(written.Canonical, out string error) is not null, error);
            for (ulong run = 0; run < 8; run++)
            {
                programme.Compose(written, s_geometry, run, none);
                string what = "";
                try
                {
                    runner.Run(programme, Policy.Control, walk, run);
                    if (machine.Violation is { } v) what = $"{v.Invariant.Id} {v.Field} {v.Sentence}";
                }
                catch (Exception e) when (e is not OutOfMemoryException)
                {
                    what = e.ToString();
                }
                if (what.Length == 0) continue;
                failures.Add($"programme {i}, run {run}: {what}\n{written.Canonical}");
                break;
            }
        }
        Assert.True(failures.Count == 0, $"{failures.Count} of {Programmes}\n{string.Join("\n", failures.Take(3))}");
    }
}
