using System.Globalization;
using StressFarm.Exploration;

namespace StressFarm.Campaigns.Specs;

/// <summary>What a campaign asks for that runs programmes in every interleaving.</summary>
/// <param name="States">of one search, at most: a programme of a workload's small scope, or a part of one that was written</param>
/// <param name="Count">programmes of each scope, at most, spread over it evenly; null for all</param>
/// <param name="Parts">in how many a programme that was written is searched</param>
/// <param name="Depth">steps after which it is taken apart</param>
public sealed record ExhaustBudget(long States, int? Count, int Parts, int Depth)
{
    public const long MaxStates = 1_000_000_000;
    public const int MaxParts = 4096;
    /// <summary>Of a programme that is searched in parts, when nobody says: two CPUs are in five states then, as long as neither hinders the other.</summary>
    public const int DefaultDepth = 4, MaxDepth = 16;
    /// <summary>Programmes of a shard: few, since one of them can take seconds.</summary>
    public const int DefaultShardProgrammes = 16;
    private const int LeastPages = 256;

    /// <summary>How the programmes of a cell are searched.</summary>
    public SearchTerms TermsOf(Workload workload) => workload is WrittenProgramme
        ? new(States, Parts, Depth) : new(States, Math.Min(Count ?? workload.Scope.Count, workload.Scope.Count), 0);

    /// <summary>The machine of a cell: the scope's own, or one in which the programme has room. A small one is quickly led back.</summary>
    public static Geometry GeometryOf(Workload workload) => workload is WrittenProgramme written
        ? new(Math.Max(LeastPages, 2 << Math.Max(written.Arena.SystemOrder, written.Arena.DeviceOrder)), written.Arena.Cpus) : workload.Scope.Geometry;

    /// <summary>As a line of the spec.</summary>
    internal string Text(bool written) => string.Create(CultureInfo.InvariantCulture,
        $"states={States}{(Count is { } count ? $" count={count}" : "")}{(written ? $" parts={Parts} depth={Depth}" : "")}");

    /// <exception cref="FormatException">it is no such line</exception>
    internal static ExhaustBudget Read(string line)
    {
        Dictionary<string, string> parts = line.Split(' ').Select(p => p.Split('=')).ToDictionary(p => p[0], p => p[1]);
        int? Whole(string name) => parts.TryGetValue(name, out string? text) ? int.Parse(text, CultureInfo.InvariantCulture) : null;
        return new(long.Parse(parts["states"], CultureInfo.InvariantCulture), Whole("count"), Whole("parts") ?? 1, Whole("depth") ?? 0);
    }
}
