using System.Runtime.InteropServices;
using StressFarm.Cli;

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

int Width()
{
    try
    {
        return Console.IsOutputRedirected ? CliHost.PipeWidth : Math.Max(80, Console.WindowWidth);
    }
    catch (IOException)
    {
        return 80;
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
        Width = Width(),
        Interrupt = interrupt.Token,
    });
}
catch (IOException)
{
    // The reader of our output went away (a closed pipe): there is nobody left to tell.
    return ExitCode.Fault;
}
