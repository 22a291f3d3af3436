using System.Diagnostics;
using System.Reflection;
using System.Runtime.Loader;

namespace StressFarm.Benchmarks;

/// <summary>
/// The benchmark of a checkout, this one or another, loaded from its build output. What is called there by name is the contract
/// between builds of different ages: the type <c>StressFarm.Benchmarks.Batch</c> with its constructor (workload, judged,
/// strategy), <c>Run(int)</c> and <c>Digest</c>.
/// </summary>
public sealed class Build
{
    private const string Name = "StressFarm.Benchmarks";
    private readonly Type _batch;

    private Build(Type batch) => _batch = batch;

    /// <summary>Where a checkout has its benchmark after a Release build.</summary>
    public static string AssemblyOf(string checkout) =>
        Path.Combine(Path.GetFullPath(checkout), "tests", Name, "bin", "Release", "net10.0", $"{Name}.dll");

    /// <summary>Which source a build is of: the version and commit that the compiler wrote into it.</summary>
    public static string Identity(string assembly) =>
        FileVersionInfo.GetVersionInfo(assembly).ProductVersion is { Length: > 0 } version ? Short(version) : "unknown";

    private static string Short(string version) => version.IndexOf('+') is var plus and > 0 && version.Length > plus + 13 ? version[..(plus + 13)] : version;

    /// <param name="assembly">path of a StressFarm.Benchmarks.dll with its dependencies beside it</param>
    public static Build Load(string assembly)
    {
        Type batch = new Folder(Path.GetDirectoryName(assembly)!).LoadFromAssemblyPath(assembly).GetType($"{Name}.Batch", throwOnError: true)!;
        return new Build(batch);
    }

    /// <summary>
    /// A build's own assemblies come from its own folder. Said here and not in <see cref="AssemblyLoadContext.Resolving"/>, which is
    /// asked only after the running program's own assemblies of the same names were taken.
    /// </summary>
    private sealed class Folder(string folder) : AssemblyLoadContext("build")
    {
        protected override Assembly? Load(AssemblyName name) =>
            name.Name!.StartsWith("StressFarm.", StringComparison.Ordinal) ? LoadFromAssemblyPath(Path.Combine(folder, $"{name.Name}.dll")) : null;
    }

    /// <summary>A batch of that build, of <see cref="Batch"/>'s meaning.</summary>
    public (Func<int, long> Run, Func<ulong> Digest) Open(string workload, string strategy)
    {
        object batch = Activator.CreateInstance(_batch, workload, true, strategy)!;
        return (_batch.GetMethod(nameof(Batch.Run))!.CreateDelegate<Func<int, long>>(batch),
            _batch.GetProperty(nameof(Batch.Digest))!.GetMethod!.CreateDelegate<Func<ulong>>(batch));
    }
}
