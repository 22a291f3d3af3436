using System.Diagnostics;

namespace StressFarm.Dashboards.Tests;

/// <summary>Prometheus' and Alertmanager's own checkers, from the machine.</summary>
internal static class Promtool
{
    public static (int Code, string Output) Run(string tool, params string[] args)
    {
        string? file = Find(tool);
        Assert.True(file is not null, Missing(tool));
        var start = new ProcessStartInfo(file, args) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + error.GetAwaiter().GetResult());
    }

    /// <summary>CI must have the tool, and its tests fail without; elsewhere they are skipped, with this as the reason.</summary>
    public static string? SkipWithout(string tool) =>
        Find(tool) is null && Environment.GetEnvironmentVariable("CI") != "true" ? Missing(tool) : null;

    private static string Missing(string tool) =>
        $"{tool} is not on this machine: install it with 'apt-get install {(tool == "promtool" ? "prometheus" : "prometheus-alertmanager")}'";

    private static string? Find(string tool) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, tool)).FirstOrDefault(File.Exists);
}

/// <summary>A test that needs a tool of the machine.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NeedsFactAttribute : FactAttribute
{
    public NeedsFactAttribute(string tool) => Skip = Promtool.SkipWithout(tool);
}

/// <summary>The same over data.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NeedsTheoryAttribute : TheoryAttribute
{
    public NeedsTheoryAttribute(string tool) => Skip = Promtool.SkipWithout(tool);
}
