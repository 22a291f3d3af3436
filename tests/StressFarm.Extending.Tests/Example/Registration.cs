using System.Runtime.CompilerServices;

namespace StressFarm.Extending;

internal static class Registration
{
    /// <summary>Before anything else of this assembly runs.</summary>
    [ModuleInitializer]
    internal static void Register() => Additions.Add(typeof(Registration).Assembly);
}
