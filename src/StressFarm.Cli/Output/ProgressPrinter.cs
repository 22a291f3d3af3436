using System.Globalization;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Tallies;
using StressFarm.Cli.Hosting;

namespace StressFarm.Cli.Output;

/// <summary>
/// Live progress on standard error: on a terminal one line that is rewritten, otherwise a line every few seconds. Ends with
/// what stood at the end.
/// </summary>
internal sealed class ProgressPrinter : IDisposable
{
    private static readonly TimeSpan s_refresh = TimeSpan.FromMilliseconds(250), s_line = TimeSpan.FromSeconds(3);
    private readonly CliHost _host;
    private readonly Func<CampaignProgress> _progress;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private bool _closed;

    public ProgressPrinter(CliHost host, Func<CampaignProgress> progress)
    {
        (_host, _progress) = (host, progress);
        TimeSpan period = host.ErrorIsTerminal ? s_refresh : s_line;
        _timer = host.Clock.CreateTimer(_ => Print(), null, period, period);
    }

    public void Dispose()
    {
        _timer.Dispose();
        lock (_lock)
        {
            if (_closed) return;
            _closed = true;
            Write(_progress());
            if (_host.ErrorIsTerminal) _host.Error.Write("\r\u001b[K");
            _host.Error.Flush();
        }
    }

    private void Print()
    {
        try
        {
            CampaignProgress now = _progress();
            lock (_lock)
            {
                if (!_closed) Write(now);
            }
        }
        catch (IOException)
        {
            // Standard error was closed: the run goes on without its progress.
        }
    }

    private void Write(CampaignProgress now)
    {
        string line = Line(now);
        if (_host.ErrorIsTerminal) _host.Error.Write($"\r\u001b[K{(line.Length < _host.ErrorWidth ? line : line[..(_host.ErrorWidth - 1)])}");
        else _host.Error.WriteLine(line);
        _host.Error.Flush();
    }

    private string Line(CampaignProgress now)
    {
        if (now.Phase == CampaignPhase.WorkingUp)
            return string.Create(CultureInfo.InvariantCulture, $"[{Numbers.Duration(now.Elapsed)}] shrinking findings: {now.Findings} of {now.Candidates}");
        double rate = now.Elapsed.TotalSeconds > 0 ? now.StepsHere / now.Elapsed.TotalSeconds : 0;
        string left = now.Phase == CampaignPhase.Done ? "done"
            : now.Phase == CampaignPhase.Stopped ? "stopped"
            : now.Left is { } time ? $"{Numbers.Duration(time)} left"
            : "estimating";
        if (now.Soak is { } soak)
            return string.Create(CultureInfo.InvariantCulture,
                $"[{Numbers.Duration(now.Elapsed)}] {now.Share * 100:0}%, {left} | {Numbers.Short(soak.Epochs)} epochs, last checkpoint {Numbers.Duration(soak.SinceCheckpoint)} ago | {Numbers.Short(now.Steps)} steps, {Numbers.Short(rate)} steps/s | {Numbers.Short(now.Violated)} violated | {now.Canaries}");
        if (now.Search is { } search)
            return string.Create(CultureInfo.InvariantCulture,
                $"[{Numbers.Duration(now.Elapsed)}] {now.Share * 100:0}%, {left} | {Numbers.Short(search.Programmes)} searched, {Numbers.Short(search.States)} states, {Numbers.Short(now.Steps)} transitions, {Numbers.Short(rate)}/s | {Numbers.Short(search.Violated)} violated, {Numbers.Short(search.Unfinished)} not finished | {now.Canaries}");
        return string.Create(CultureInfo.InvariantCulture,
            $"[{Numbers.Duration(now.Elapsed)}] {now.Share * 100:0}%, {left} | {Numbers.Short(now.Steps)} steps, {Numbers.Short(rate)} steps/s | {Numbers.Short(now.Schedules)} schedules, {Numbers.Short(now.Violated)} violated | {now.Canaries}");
    }
}
