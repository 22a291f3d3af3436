namespace StressFarm.Cli.Tests;

/// <summary>What one command line came to.</summary>
internal sealed record Result(int Code, string Out, string Error)
{
    public string[] ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>Runs the command in-process, in a folder of its own.</summary>
internal sealed class Sandbox : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("stressfarm-cli-").FullName;

    /// <summary>A path in the sandbox.</summary>
    public string this[string name] => Path.Combine(Folder, name);

    public Result Run(params string[] args) => Run(null, args);

    /// <summary>Runs a command that asks a farm, in no hurry and without long waits.</summary>
    public static Result RunOnFarm(string address, string[] args, string? token = null)
    {
        using StringWriter output = new() { NewLine = "\n" }, error = new() { NewLine = "\n" };
        TimeSpan pause = TimeSpan.FromMilliseconds(20);
        int code = App.Run(args, new CliHost
        {
            Out = TextWriter.Synchronized(output),
            Error = TextWriter.Synchronized(error),
            Variable = name => name switch { "STRESSFARM_FARM" => address, "STRESSFARM_TOKEN" => token, _ => null },
            Patience = new FarmPatience(TimeSpan.FromSeconds(20), [pause, pause], TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(20)),
        });
        return new(code, output.ToString(), error.ToString());
    }

    public static Result Run(Func<Geometry, ICampaignEngine>? engine, string[] args, CancellationToken interrupt = default, int width = CliHost.PipeWidth, TimeSpan? collector = null)
    {
        using StringWriter output = new() { NewLine = "\n" }, error = new() { NewLine = "\n" };
        var host = new CliHost
        {
            Out = TextWriter.Synchronized(output),
            Error = TextWriter.Synchronized(error),
            Interrupt = interrupt,
            Width = width,
            Engine = engine ?? (geometry => new LocalEngine(geometry)),
            CollectorPatience = collector ?? TimeSpan.FromMinutes(1),
        };
        int code = App.Run(args, host);
        return new(code, output.ToString(), error.ToString());
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
