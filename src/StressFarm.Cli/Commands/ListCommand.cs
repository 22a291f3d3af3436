using System.CommandLine;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Specs;
using StressFarm.Cli.Hosting;
using StressFarm.Cli.Options;
using StressFarm.Cli.Output;
using StressFarm.Exploration.Canaries;
using StressFarm.Exploration.Feedback;
using StressFarm.Exploration.Schedules;
using StressFarm.Exploration.Strategies;

namespace StressFarm.Cli.Commands;

/// <summary>What there is.</summary>
internal static class ListCommand
{
    private static readonly string[] s_kinds = ["policies", "workloads", "invariants", "known-bugs", "canaries", "strategies", "dimensions", "operations", "parameters"];

    public static Command Create(CliHost host)
    {
        var command = new Command("list", $"list {string.Join(", ", s_kinds)}");
        var kind = new Argument<string>("kind") { Description = string.Join(" | ", s_kinds) };
        Option<string?> format = CampaignOptions.FormatOption();
        command.Add(kind);
        command.Add(format);
        command.SetAction(parsed =>
        {
            bool json = CampaignOptions.IsJson(parsed.GetValue(format));
            string asked = parsed.GetRequiredValue(kind);
            IReadOnlyList<ListItem> items = Items(asked) ?? throw new SpecException($"there is nothing to list called {new UserValue(asked, "").Shown}; there are {string.Join(", ", s_kinds)}");
            if (json) JsonOutput.Write(host.Out, items);
            else Write(host.Out, items);
            return ExitCode.Done;
        });
        return command;
    }

    private static IReadOnlyList<ListItem>? Items(string kind) => kind switch
    {
        "policies" => [.. Presets.All.Select(p => new ListItem(p.Id, p.Summary, ("switches", p.Policy.ToString())))],
        "workloads" => [.. Catalog<Workload>.All.Select(w => new ListItem(w.Id, w.Summary))],
        "invariants" => [.. Catalog<Invariant>.All.Select(i => new ListItem(i.Id, i.Statement,
            ("when", i.When.ToString()), ("severity", i.Severity.ToString()), ("kernelMirror", i.Mirror)))],
        "known-bugs" => [.. Catalog<KnownBug>.All.Select(b => new ListItem(b.Id, b.Title,
            ("source", b.Source), ("mechanism", b.Mechanism), ("invariants", string.Join(", ", b.Invariants)), ("workload", b.Workload)))],
        "canaries" => [.. Catalog<Canary>.All.Select(c => new ListItem(c.Id, c.Summary, ("kind", c.KindName), ("invariants", string.Join(", ", c.Invariants)), ("workload", c.Workload)))],
        "strategies" => [.. Catalog<Strategy>.All.Select(s => new ListItem(s.Id, s.Summary, ("fair", s is Portfolio or FeedbackPortfolio ? "by arm" : s.Fair ? "yes" : "no")))],
        "dimensions" => [.. Dimension.Order.Select(d => new ListItem(d.Id, d.Summary,
            ("specName", d.SpecName), ("control", d.Values[d.Get(Policy.Control)].Name),
            ("values", string.Join("; ", d.Values.Select(v => $"{v.Name}: {v.Meaning}")))))],
        "operations" => [.. Catalog<Operation>.All.Select(o => new ListItem(o.Id, o.Summary, [.. o.Parameters.Select(Argument)]))],
        "parameters" => [.. ShapeParameter.All(new Geometry()).Select(p => new ListItem(p.Name, p.Meaning, [.. p.Drawn.Select(d => (d.Workload, ShapeParameter.Words(d.Range)))]))],
        _ => null,
    };

    /// <summary>"slot: page table slots of an mm: 0 to 1023; 0 unless given; the first of them".</summary>
    private static (string Name, string Value) Argument(Parameter parameter) =>
        (parameter.Name, $"{parameter.Domain.Extent}; {parameter.Domain.Format(parameter.Usual)} unless given{(parameter.Meaning.Length == 0 ? "" : "; " + parameter.Meaning)}");

    private static void Write(TextWriter output, IReadOnlyList<ListItem> items)
    {
        int width = items.Select(i => i.Id.Length).DefaultIfEmpty(0).Max() + 2;
        foreach (ListItem item in items)
        {
            output.WriteLine($"{item.Id.PadRight(width)}{item.Summary}");
            foreach (var (name, value) in item.More)
                if (value.Length > 0) output.WriteLine($"{new string(' ', width)}{name}: {value}");
        }
    }
}
