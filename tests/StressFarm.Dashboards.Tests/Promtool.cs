using System.Diagnostics;
using Xunit.Abstractions;

namespace StressFarm.Dashboards.Tests;

/// <summary>Prometheus' and Alertmanager's own checkers, from the machine. CI must have them; elsewhere what they check is not checked, and says so.</summary>
internal static class Promtool
{
    public static bool Has(string tool, ITestOutputHelper output)
    {
        if (Find(tool) is not null) return true;
        string missing = $"{tool} is not on this machine: install it with 'apt-get install {(tool == "promtool" ? "prometheus" : "prometheus-alertmanager")}'";
        Assert.False(Environment.GetEnvironmentVariable("CI") == "true", missing);
        output.WriteLine("NOT RUN: " + missing);
        Console.WriteLine("NOT RUN: " + missing);
        return false;
    }

    public static (int Code, string Output) Run(string tool, params string[] args)
    {
        var start = new ProcessStartInfo(Find(tool)!, args) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + error.GetAwaiter().GetResult());
    }

    private static string? Find(string tool) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, tool)).FirstOrDefault(File.Exists);
}
