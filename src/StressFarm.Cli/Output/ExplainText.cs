using StressFarm.Cli.Hosting;
using StressFarm.Exploration.Evidence;

namespace StressFarm.Cli.Output;

/// <summary>What explaining a finding prints: all of it, and a block for a mail.</summary>
internal static class ExplainText
{
    public static int Write(CliHost host, Finding finding, bool json)
    {
        if (json) JsonOutput.Write(host.Out, finding);
        else
        {
            FindingText.WriteFull(host.Out, finding);
            host.Out.WriteLine();
            MailText.Write(host.Out, finding);
        }
        return ExitCode.Done;
    }
}
