using System.CommandLine;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Specs;
using StressFarm.Cli.Hosting;
using StressFarm.Cli.Options;
using StressFarm.Cli.Output;
using StressFarm.Exploration;
using StressFarm.Exploration.Evidence;
using StressFarm.Exploration.Exhaustive;
using StressFarm.Exploration.Replays;

namespace StressFarm.Cli.Commands;

/// <summary>One programme, in every interleaving.</summary>
internal static class ExhaustCommand
{
    private const int DefaultPages = 256;
    private const int MebibytesByDefault = 2048, MostMebibytes = 1 << 20;

    private static readonly Option<string?> s_programme = CampaignOptions.One("--programme", "a programme's file: see docs/programmes.md"),
        s_policy = CampaignOptions.One("--policy", "a design: a preset or dimension=value,… over control"),
        s_workload = CampaignOptions.One("--workload", "the workload that composes the programme"),
        s_seed = CampaignOptions.One("--seed", "the seed that it composes it from"),
        s_operations = CampaignOptions.One("--operations", "operations of each CPU that are kept, from the first on; all by default"),
        s_cpus = CampaignOptions.One("--cpus", "CPUs of the machine, 1 to 8; otherwise drawn from the seed"),
        s_pages = CampaignOptions.One("--pages", $"pages of the section, a power of two from 32 to 32768; {DefaultPages} by default"),
        s_set = CampaignOptions.One("--set", "fix shape parameters: name=value, separated by ','"),
        s_bug = CampaignOptions.One("--bug", "plant a known bug, in control and under its own workload unless told otherwise"),
        s_for = CampaignOptions.One("--for", "budget: time, as 30s, 5m, 8h or 2d"),
        s_memory = CampaignOptions.One("--memory", $"budget: MiB of states and of the path; {MebibytesByDefault} by default"),
        s_hash = CampaignOptions.One("--hash", "bits that states are told apart by: 64 (by default) or 128; with --preemptions always 128"),
        s_preemptions = CampaignOptions.One("--preemptions", $"only schedules with at most so many switches away from a CPU that could still step, 0 to {BoundedSchedules.Limit}; all by default"),
        s_format = CampaignOptions.FormatOption();

    public static Command Create(CliHost host)
    {
        var command = new Command("exhaust", "run one programme in every interleaving; exit 0 when exhausted, 1 on a violation, 2 when the budget ended");
        foreach (Option option in (Option[])[s_programme, s_policy, s_workload, s_seed, s_operations, s_cpus, s_pages, s_set, s_bug, s_for, s_memory, s_hash, s_preemptions, s_format])
            command.Add(option);
        ScopePart.AddTo(command);
        command.SetAction(parsed => Run(host, parsed));
        return command;
    }

    private static int Run(CliHost host, ParseResult parsed)
    {
        bool json = CampaignOptions.IsJson(parsed.GetValue(s_format));
        CampaignOrder order = SpecBuilder.Build(Request(parsed), Defaults.Run);
        CampaignSpec spec = order.Spec;
        if (spec.Workloads.Count != 1) throw new SpecException("exhaust: name a programme's file with --programme, or the workload that composes one with --workload");
        Policy policy = spec.Policies[0].Policy;
        int? operations = parsed.Whole(s_operations, 1, WriterStamp.MaxOperations);
        int bits = parsed.Whole(s_hash, 64, 128) ?? 64;
        if (bits is not (64 or 128)) throw new SpecException($"--hash: {bits} is neither 64 nor 128");
        int? preemptions = parsed.Whole(s_preemptions, 0, BoundedSchedules.Limit);
        if (preemptions is not null && policy.MemoryModel != MemoryModel.Sc)
            throw new SpecException($"--preemptions: counts switches between CPUs, and under MM={policy.MemoryModel.ToString().ToUpperInvariant()} stores are let out between them; leave out one of the two");
        if (ScopePart.IsAsked(parsed, s_programme, s_seed, s_operations, s_cpus, s_pages, s_set, s_memory, s_preemptions)) return ScopePart.Run(host, parsed, order, bits, json);
        long memory = (parsed.Whole(s_memory, 1, MostMebibytes) ?? MebibytesByDefault) * (1L << 20);
        var cell = new Cell(policy, spec.Workloads[0], "random", spec.Geometry, spec.Parameters);
        var programme = new Programme();
        programme.Compose(cell.Workload, cell.Geometry, spec.FirstSeed, cell.FixedParameters);
        ProgrammeEdits edits = operations is { } kept ? Cut(programme, kept) : ProgrammeEdits.None;
        edits.Apply(programme);
        var text = new ExhaustText(host, cell, spec.FirstSeed, programme, preemptions is null ? bits : 128, preemptions);
        if (!json) text.WriteProgramme();

        var run = new ExhaustRun(host, new SearchStart(new Machine(cell.Geometry), programme, policy), memory, order.Budget ?? TimeSpan.MaxValue);
        SearchResult result = run.Search(bits == 128, preemptions);
        TimeSpan took = run.Took;
        // A set-up that violates has no schedule.
        ShortestResult? shortest = result.Flaws.Count > 0 && result.States > 0 ? run.Shorten(result.Flaws.First().Value) : null;
        Finding? finding = result.Flaws.Count == 0 ? null
            : WorkUp(new Scenario(cell, spec.FirstSeed, edits, shortest?.Schedule ?? [], Fair: false), shortest?.End == SearchEnd.Violated)
            ?? throw new CampaignFault($"the search found {result.Flaws.First().Key.Invariant}, and its schedule run again did not: a defect of the simulator, not a result");
        if (json) JsonOutput.Write(host.Out, text.Shape(result, shortest, finding), CommandJson.Default.ExhaustShape);
        else text.WriteVerdict(result, shortest, finding, took);
        return result.End switch
        {
            SearchEnd.Exhausted => ExitCode.Done,
            SearchEnd.Violated => ExitCode.Violation,
            _ => ExitCode.Inconclusive,
        };
    }

    /// <summary>The shortest schedule stays what it is, and its programme whole; what may not be it is made smaller as any finding is.</summary>
    private static Finding? WorkUp(Scenario scenario, bool shortest)
    {
        var workup = new FindingWorkup(scenario.Cell.Geometry);
        return shortest ? workup.WriteAsIs(scenario) : workup.Work(scenario);
    }

    private static CampaignRequest Request(ParseResult parsed) => Request(parsed, parsed.GetValue(s_programme) is { } path ? ProgrammeFile.Read(path) : null);

    private static CampaignRequest Request(ParseResult parsed, WrittenProgramme? programme) => new()
    {
        Programme = programme is null ? null : new UserValue(programme.Canonical, s_programme.Name),
        Policies = parsed.Given(s_policy) is { } policy ? [policy] : [],
        Workloads = parsed.Given(s_workload) is { } workload ? [workload] : [],
        Set = parsed.Given(s_set) is { } set ? [.. CampaignOptions.Parts(set.Text, set.Origin)] : [],
        Seed = parsed.Given(s_seed),
        Cpus = parsed.Given(s_cpus),
        Pages = parsed.Given(s_pages) ?? new UserValue($"{PagesFor(programme)}", s_pages.Name),
        Bug = parsed.Given(s_bug),
        For = parsed.Given(s_for),
    };

    /// <summary>As many as its arena needs: a machine that is small is quickly led back.</summary>
    private static int PagesFor(WrittenProgramme? programme) =>
        programme is null ? DefaultPages : Math.Max(DefaultPages, 2 << Math.Max(programme.Arena.SystemOrder, programme.Arena.DeviceOrder));

    /// <summary>Takes out what comes after the first operations of each CPU.</summary>
    private static ProgrammeEdits Cut(Programme programme, int kept) => new(
        Enumerable.Range(0, Geometry.CpuLimit).SelectMany(cpu =>
            Enumerable.Range(0, programme.Cpu(cpu).Count).Skip(kept).Select(i => (cpu + 1, i))));
}
