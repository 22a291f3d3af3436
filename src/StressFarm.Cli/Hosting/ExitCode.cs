using StressFarm.Campaigns.Reports;

namespace StressFarm.Cli.Hosting;

/// <summary>What the command's exit codes mean.</summary>
public static class ExitCode
{
    /// <summary>Done; nothing violated, or for <c>compare</c> every verdict reached.</summary>
    public const int Done = 0;
    public const int Violation = 1;
    /// <summary>The budget ended before the asked confidence, or the run was interrupted.</summary>
    public const int Inconclusive = 2;
    /// <summary>The infrastructure failed, or the same thing run twice differed.</summary>
    public const int Fault = 3;
    public const int Usage = 64;

    /// <summary>The code of a campaign that was run as a gate.</summary>
    public static int Of(CampaignReport report) => report.AnyViolated ? Violation : report.AnyInconclusive ? Inconclusive : Done;
}
