namespace StressFarm.Exploration;

/// <summary>What is explored as one: policy × workload × strategy × machine shape. Everything but the seed.</summary>
/// <param name="StrategyId">a strategy's id; "portfolio" is the default; <see cref="SearchTerms.StrategyId"/> where programmes are searched</param>
/// <param name="FixedParameters">shape parameters fixed by option, by name; the others are drawn from the seed</param>
public sealed record Cell(
    Policy Policy, Workload Workload, string StrategyId, Geometry Geometry, IReadOnlyDictionary<string, int> FixedParameters)
{
    /// <summary>How its programmes are searched; null where schedules are run.</summary>
    public SearchTerms? Search { get; init; }

    /// <summary>The canonical text that identifies the cell, the same on every machine; tokens and digests are built on it.</summary>
    public string Key => string.Create(System.Globalization.CultureInfo.InvariantCulture,
        $"{Policy}|bugs={(ulong)Policy.Deviations:x}|{Workload.Key}|{StrategyId}|{Geometry.Pages}p{Geometry.MaxCpus}c|{string.Join(',', FixedParameters.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}={p.Value}"))}");
}
