using System.Globalization;

namespace StressFarm.Kernel.Workloads;

/// <summary>A parameter that workloads draw, for whoever wants to fix one.</summary>
/// <param name="Drawn">by workload: from where to where</param>
public sealed record ShapeParameter(string Name, string Meaning, IReadOnlyList<(string Workload, ShapeRange Range)> Drawn)
{
    /// <summary>Programmes composed to learn the names: a rare parameter may not be drawn in each.</summary>
    private const ulong Sample = 64;

    private static readonly Dictionary<string, string> s_meanings = new(StringComparer.Ordinal)
    {
        ["cpus"] = "CPUs that run",
        ["device"] = "1 for device memory too; of migration, orders by which it is larger than a PMD entry",
        ["device-order"] = "pages of device memory, as an order",
        ["disabled"] = "kinds of call that do not take part where disabled-too says so as well, a bit each",
        ["disabled-too"] = "the other half of disabled",
        ["driver"] = "weight of driver calls",
        ["duel"] = "which of the smallest meetings of two is composed; the highest values stand for none",
        ["entries"] = "DAX entries in use",
        ["fault-order"] = "largest order that is faulted in",
        ["folios"] = "folios that are there from the start",
        ["groups"] = "groups of calls that take part, a bit each",
        ["guest"] = "number of the first workload that is a guest",
        ["guest-2"] = "number of the second",
        ["guest-3"] = "number of the third",
        ["guests"] = "workloads that take part, at most",
        ["gups"] = "weight of pins and references",
        ["hotplug"] = "1 where memory comes and goes",
        ["huge-order"] = "pages of a hugetlb folio, as an order",
        ["lifo"] = "1 where a driver hands out what came back last, if the design leaves that open",
        ["max-order"] = "largest order that is allocated",
        ["memcgs"] = "memory control groups",
        ["mms"] = "mms in use",
        ["opaque"] = "1 for a page with almost all the references it can count",
        ["ops"] = "calls of each CPU",
        ["order"] = "pages of the folio that all is about, as an order",
        ["order-9"] = "1 for folios of order 9 and real PMD entries",
        ["pattern"] = "which situation is composed; the highest values stand for none",
        ["pmd-order"] = "pages that a PMD entry maps, as an order",
        ["pool"] = "hugetlb folios of the pool at the start",
        ["producers"] = "kinds of driver memory that take part, a bit each",
        ["reads"] = "reads of migration entries",
        ["slots-order"] = "page table slots in use, as an order",
        ["spare-orders"] = "orders by which memory is larger than a hugetlb folio",
        ["splits"] = "weight of splits; of migration-entry, their number",
        ["system-order"] = "pages of system memory, as an order",
        ["vmemmap-order"] = "struct pages of one vmemmap page, as an order",
        ["work"] = "calls of all CPUs together",
        ["zaps"] = "weight of unmapping",
    };

    /// <summary>All that the workloads draw on a machine, by name.</summary>
    public static IReadOnlyList<ShapeParameter> All(Geometry geometry)
    {
        var found = new SortedDictionary<string, SortedDictionary<string, ShapeRange>>(StringComparer.Ordinal);
        var programme = new Programme();
        var none = new Dictionary<string, int>();
        foreach (Workload workload in Catalog<Workload>.All)
            for (ulong seed = 0; seed < Sample; seed++)
            {
                programme.Compose(workload, geometry, seed, none);
                for (int i = 0; i < programme.Shape.Parameters.Length; i++)
                {
                    string name = programme.Shape.Parameters[i].Name;
                    ShapeRange range = programme.Shape.Ranges[i];
                    if (!found.TryGetValue(name, out var drawn)) found[name] = drawn = new(StringComparer.Ordinal);
                    drawn[workload.Id] = drawn.TryGetValue(workload.Id, out ShapeRange known)
                        ? new(Math.Min(known.Low, range.Low), Math.Max(known.High, range.High), known.Usual == range.Usual ? known.Usual : null) : range;
                }
            }
        return [.. found.Select(f => new ShapeParameter(f.Key, s_meanings.GetValueOrDefault(f.Key, ""), [.. f.Value.Select(d => (d.Key, d.Value))]))];
    }

    /// <summary>"2 to 4, mostly 3".</summary>
    public static string Words(ShapeRange range) => string.Create(CultureInfo.InvariantCulture,
        $"{range.Low} to {range.High}{(range.Usual is { } usual ? string.Create(CultureInfo.InvariantCulture, $", mostly {usual}") : "")}");
}
