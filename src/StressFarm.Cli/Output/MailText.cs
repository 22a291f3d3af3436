using StressFarm.Campaigns.Reports;
using StressFarm.Exploration.Evidence;

namespace StressFarm.Cli.Output;

/// <summary>A finding as a block for a plain-text mail to a kernel list.</summary>
internal static class MailText
{
    private const int Columns = 72;

    public static void Write(TextWriter output, Finding f)
    {
        output.WriteLine("----- for a mail -----");
        foreach (string line in Wrapped($"In a model of the page metadata (StressFarm, model {ModelVersion.Current}; not a kernel run), {f.Policy} under {f.Workload}: {f.Sentence}"))
            output.WriteLine(line);
        output.WriteLine();
        foreach (string line in f.MailBlock) output.WriteLine($"    {line}".TrimEnd());
        if (f.MailBlock.Count > 0) output.WriteLine();
        foreach (string line in f.GuiltyWord)
        {
            // What is carried over stands two columns further in than its line.
            int indent = 4 + line.Length - line.TrimStart().Length, next = 0;
            foreach (string part in Wrapped(line, Columns - indent - 2))
                output.WriteLine($"{new string(' ', indent + (next++ == 0 ? 0 : 2))}{part}");
        }
        if (f.GuiltyWord.Count > 0) output.WriteLine();
        output.WriteLine($"To repeat it ({f.Reliability}/10):");
        output.WriteLine();
        output.WriteLine($"    {ReportWriter.ReplayCommand(f)}");
        output.WriteLine("----- end -----");
    }

    private static IEnumerable<string> Wrapped(string text, int columns = Columns)
    {
        string line = "";
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > columns)
            {
                yield return line;
                line = "";
            }
            line = line.Length == 0 ? word : $"{line} {word}";
        }
        if (line.Length > 0) yield return line;
    }
}
