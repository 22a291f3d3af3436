using StressFarm.Campaigns.Engines;

namespace StressFarm.Cli.Hosting;

/// <summary>All of the outside world that the command touches, so that it runs in-process too.</summary>
public sealed class CliHost
{
    public required TextWriter Out { get; init; }
    public required TextWriter Error { get; init; }
    /// <summary>Colours and widths are for terminals only.</summary>
    public bool OutIsTerminal { get; init; }
    public bool ErrorIsTerminal { get; init; }
    /// <summary>NO_COLOR is set: https://no-color.org</summary>
    public bool NoColor { get; init; }
    /// <summary>Columns of a table that goes to a file or a pipe: the verdicts of all the workloads side by side.</summary>
    public const int PipeWidth = 200;
    /// <summary>Columns of what <see cref="Out"/> goes to.</summary>
    public int Width { get; init; } = PipeWidth;
    /// <summary>Columns of the terminal that <see cref="Error"/> goes to.</summary>
    public int ErrorWidth { get; init; } = PipeWidth;
    public CancellationToken Interrupt { get; init; }
    public TimeProvider Clock { get; init; } = TimeProvider.System;
    public Func<Geometry, ICampaignEngine> Engine { get; init; } = geometry => new LocalEngine(geometry);
    /// <summary>A variable of the environment, or null.</summary>
    public Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;
    /// <summary>How long a farm is waited for.</summary>
    public FarmPatience Patience { get; init; } = FarmPatience.Usual;
    /// <summary>How long a collector of metrics is waited for.</summary>
    public TimeSpan CollectorPatience { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Says on standard error what is wrong, in one line that names the command.</summary>
    public void Complain(string what) => Error.WriteLine($"stressfarm: {what}");
}
