namespace StressFarm.Exploration.Tests;

/// <summary>Why forgetting something was not missed.</summary>
internal static class ForgottenReasons
{
    public static string? Of(Forgettable what, ForgottenReadTests.Outcome outcome) => null;
}
