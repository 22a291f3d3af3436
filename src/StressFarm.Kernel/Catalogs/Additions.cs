using System.Reflection;

namespace StressFarm.Kernel.Catalogs;

/// <summary>
/// Further assemblies in which the catalogues look. None unless a program adds its own, before anything else: what a catalogue
/// holds never changes once it was read.
/// </summary>
/// <remarks>
/// A program with additions is another model. The model version does not know them, so its ledgers, farms and replay
/// tokens are its own.
/// </remarks>
public static class Additions
{
    private static readonly Lock s_lock = new();
    private static readonly List<Assembly> s_assemblies = [];
    private static bool s_read;

    public static void Add(Assembly assembly)
    {
        lock (s_lock)
        {
            if (s_read) throw new InvalidOperationException($"{assembly.GetName().Name} comes too late: a catalogue was read already");
            if (!s_assemblies.Contains(assembly)) s_assemblies.Add(assembly);
        }
    }

    /// <summary>The assembly of an extension point and those added. From here on nothing can be added.</summary>
    internal static Assembly[] Beside(Assembly own)
    {
        lock (s_lock)
        {
            s_read = true;
            return [own, .. s_assemblies.Where(a => a != own)];
        }
    }
}
