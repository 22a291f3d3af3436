using System.Runtime.CompilerServices;

namespace StressFarm.Campaigns.Tests;

/// <summary>These tests search: machines of their process keep step logs.</summary>
internal static class StepLogsKept
{
    [ModuleInitializer]
    internal static void Decide() => Engine.StepLogs.Decide(true);
}
