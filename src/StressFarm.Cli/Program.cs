using System.Runtime.InteropServices;
using StressFarm.Cli;
using StressFarm.Cli.Hosting;

// A search keeps a log of each step. Nothing else does, or pays for asking.
StepLogs.Decide(Searching.IsAsked(args));

// Ctrl-C and SIGTERM ask the run to stop: it keeps every finished shard. The second one ends the process at once.
using var interrupt = new CancellationTokenSource();
void Stop(PosixSignalContext context)
{
    if (interrupt.IsCancellationRequested) return;
    context.Cancel = true;
    interrupt.Cancel();
}
using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);

// The terminal's columns, asked of whichever stream is one; some terminals say 0.
int Width(bool redirected)
{
    const int Usual = 80;
    if (redirected) return CliHost.PipeWidth;
    try
    {
        return Console.WindowWidth is > 0 and var width ? width : Usual;
    }
    catch (IOException)
    {
        return Usual;
    }
}

try
{
    return App.Run(args, new CliHost
    {
        Out = Console.Out,
        Error = Console.Error,
        OutIsTerminal = !Console.IsOutputRedirected,
        ErrorIsTerminal = !Console.IsErrorRedirected,
        NoColor = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")),
        Width = Width(Console.IsOutputRedirected),
        ErrorWidth = Width(Console.IsErrorRedirected),
        Interrupt = interrupt.Token,
    });
}
catch (IOException)
{
    // The reader of our output went away (a closed pipe): there is nobody left to tell.
    return ExitCode.Fault;
}
