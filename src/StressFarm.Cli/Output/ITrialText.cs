using StressFarm.Exploration.Trials;

namespace StressFarm.Cli.Output;

/// <summary>A way to print a trial.</summary>
internal interface ITrialText
{
    void Write(TextWriter output, IReadOnlyList<TrialResult> results, int seeds, long budget);
    void Write(TextWriter output, IReadOnlyList<MutantRow> rows, long budget);
}
