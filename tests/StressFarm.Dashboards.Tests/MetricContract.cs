using System.Text.RegularExpressions;

namespace StressFarm.Dashboards.Tests;

internal sealed record Metric(string Type, IReadOnlySet<string> Labels)
{
    public bool IsCounter => Type == "counter";
}

/// <summary>The names that a query may use: those of docs/metrics.md, what the runtime exports, what Prometheus itself adds.</summary>
internal sealed partial class MetricContract
{
    /// <summary>
    /// The runtime's, as a silo's `/metrics` spells them. Two are levels of the thread pool that the exporter names and types as
    /// counters; a rate of them would be wrong.
    /// </summary>
    private static readonly Dictionary<string, Metric> Runtime = new()
    {
        ["dotnet_process_cpu_count"] = Of("gauge"),
        ["dotnet_process_cpu_time_seconds_total"] = Of("counter", "cpu_mode"),
        ["dotnet_process_memory_working_set_bytes"] = Of("gauge"),
        ["dotnet_gc_collections_total"] = Of("counter", "gc_heap_generation"),
        ["dotnet_gc_heap_total_allocated_bytes_total"] = Of("counter"),
        ["dotnet_gc_last_collection_heap_size_bytes"] = Of("gauge", "gc_heap_generation"),
        ["dotnet_gc_last_collection_memory_committed_size_bytes"] = Of("gauge"),
        ["dotnet_gc_pause_time_seconds_total"] = Of("counter"),
        ["dotnet_monitor_lock_contentions_total"] = Of("counter"),
        ["dotnet_thread_pool_thread_count_total"] = Of("gauge"),
        ["dotnet_thread_pool_queue_length_total"] = Of("gauge"),
        ["dotnet_thread_pool_work_item_count_total"] = Of("counter"),
        ["up"] = Of("gauge"),
        ["ALERTS"] = Of("gauge", "alertname", "alertstate", "severity"),
    };

    /// <summary>
    /// Counters whose count itself is looked at, not what it grew by. Of labels: what found no room stays without until the silo
    /// starts again, however long ago that was.
    /// </summary>
    public static readonly IReadOnlySet<string> AsTheyStand = new HashSet<string> { "stressfarm_label_overflows_total" };

    private readonly Dictionary<string, Metric> _metrics = new(Runtime);

    public static MetricContract Documented { get; } = new(Repository.Read("docs", "metrics.md"));

    public MetricContract(string page)
    {
        IReadOnlySet<string> before = new HashSet<string>();
        foreach (Match row in Row().Matches(page))
        {
            string[] kind = [.. InTicks().Replace(row.Groups[2].Value, "").Split([',', '×']).Select(s => s.Trim()).Where(s => s.Length > 0)];
            string type = kind[0].TrimEnd('s');
            IReadOnlySet<string> labels = kind.Contains("the same") ? before : kind.Skip(1).ToHashSet();
            before = labels;
            foreach (Match name in MetricName().Matches(row.Groups[1].Value)) Add(name.Value, type, labels);
        }
    }

    public IEnumerable<string> Names => _metrics.Keys;

    public Metric? Find(string name) => _metrics.GetValueOrDefault(name);

    private void Add(string name, string type, IReadOnlySet<string> labels)
    {
        if (type != "histogram")
        {
            _metrics[name] = new Metric(type, labels);
            return;
        }
        _metrics[name + "_bucket"] = new Metric("counter", labels.Append("le").ToHashSet());
        _metrics[name + "_count"] = _metrics[name + "_sum"] = new Metric("counter", labels);
    }

    private static Metric Of(string type, params string[] labels) => new(type, labels.ToHashSet());

    [GeneratedRegex(@"^\| (`stressfarm_[^|]*) \| ([^|]*) \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("`[^`]*`")]
    private static partial Regex InTicks();

    [GeneratedRegex("stressfarm_[a-z_]+")]
    private static partial Regex MetricName();
}
