using System.CommandLine;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Specs;
using StressFarm.Exploration.Exhaustive;

namespace StressFarm.Cli.Options;

/// <summary>The options that say what a campaign is; <c>run</c>, <c>compare</c>, <c>soak</c> and <c>farm submit</c> share them.</summary>
/// <param name="soak">sections that go on: epochs take the place of schedules and steps</param>
/// <param name="either">an ordinary campaign, or a soak where one of a soak's options is given</param>
internal sealed class CampaignOptions(bool soak = false, bool either = false)
{
    private readonly Argument<string?> _file = new("campaign.yaml") { Arity = ArgumentArity.ZeroOrOne, Description = "a campaign file; options win over it" };
    private readonly Option<string[]> _policy = Many("--policy", "a design: a preset or dimension=value,… over control; repeatable");
    private readonly Option<string[]> _policies = Many("--policies", "several designs: presets separated by ',', any designs by ';', or all");
    private readonly Option<string[]> _workload = Many("--workload", "a workload; repeatable, or separated by ','");
    private readonly Option<string[]> _workloads = Many("--workloads", "several workloads, separated by ',', or all");
    private readonly Option<string?> _programme = One("--programme", "a programme's file, run in the place of workloads: see docs/programmes.md");
    private readonly Option<string?> _strategy = One("--strategy", "who runs next: see 'stressfarm list strategies'");
    private readonly Option<string?> _generation = One("--generation", "strategy feedback: shards of a cell in a generation, 1 to 4096; 16 by default");
    private readonly Option<string?> _seed = One("--seed", "first seed");
    private readonly Option<string?> _schedules = One("--schedules", "budget: schedules per cell");
    private readonly Option<string?> _steps = One("--steps", "budget: whole shards in order until this many steps");
    private readonly Option<string?> _for = One("--for", "budget: time, as 30s, 5m, 8h or 2d");
    private readonly Option<bool> _soak = new("--soak") { Description = "sections that go on, as 'soak' runs them; --sections, --epochs and --schedules-per-epoch imply it" };
    private readonly Option<string?> _sections = One("--sections", $"sections of each policy and workload; {SoakBudget.DefaultSections} by default");
    private readonly Option<string?> _epochs = One("--epochs", $"budget: epochs of each section; {SoakBudget.DefaultEpochs} without --for");
    private readonly Option<string?> _epochSchedules = One("--schedules-per-epoch", $"schedules between two checkpoints; {SoakBudget.DefaultSchedules} by default");
    private readonly Option<bool> _exhaust = new("--exhaust") { Description = "every interleaving of the workloads' small scopes, or of the programme, in the place of schedules" };
    private readonly Option<string?> _states = One("--states", $"with --exhaust: states of one programme, or of a part, at most; {ScopeSearch.DefaultStateLimit} by default");
    private readonly Option<string?> _count = One("--count", "with --exhaust: programmes of each scope, spread over it evenly; all by default");
    private readonly Option<string?> _parts = One("--parts", "with --exhaust and --programme: in how many parts it is searched; 1 by default");
    private readonly Option<string?> _depth = One("--depth", $"with --exhaust and --programme: steps after which it is taken into parts; {ExhaustBudget.DefaultDepth} by default");
    private readonly Option<string?> _cpus = One("--cpus", "CPUs of the machine, 1 to 8; otherwise drawn from the seed");
    private readonly Option<string?> _pages = One("--pages", "pages of the section, a power of two from 32 to 32768");
    private readonly Option<string[]> _set = Many("--set", "fix a shape parameter: name=value; repeatable");
    private readonly Option<string?> _bug = One("--bug", "plant a known bug, in control and under its own workload unless told otherwise");
    private readonly Option<string?> _shard = One("--shard", $"schedules of a shard, the unit of work and of the ledger; {CampaignSpec.DefaultShardSchedules} by default");
    private readonly Option<string?> _canaries = One("--canaries", $"on, or {SpecBuilder.CanaryDrill}: nothing is planted, so that each canary must be missed; exit 3");
    private readonly Option<string?> _workers = One("--workers", "threads; all cores by default");
    private readonly Option<string?> _otlp = One(OtlpAddress.Option, "push metrics to an OTLP collector (HTTP), as http://127.0.0.1:4318");
    private readonly Option<string?> _out = OutOption();
    private readonly Option<string?> _format = FormatOption();

    public void AddTo(Command command)
    {
        _file.Validators.Add(found =>
        {
            if (found.Tokens.Count > 0 && found.Tokens[0].Value.StartsWith('-')) found.AddError($"unknown option {new UserValue(found.Tokens[0].Value, "").Shown}");
        });
        command.Add(_file);
        foreach (Option option in (Option[])[_policy, _policies, _workload, _workloads, .. (soak ? (Option[])[] : [_programme]), _strategy, .. (soak ? (Option[])[] : [_generation]), _seed, .. Budgets, .. soak ? (Option[])[] : [_exhaust, _states, _count, _parts, _depth], _for, _cpus, _pages, _set, _bug, _canaries, _workers, _out, _format, .. either ? (Option[])[] : [_otlp]])
            command.Add(option);
    }

    private Option[] Budgets => [.. soak ? (Option[])[] : [_schedules, _steps, _shard], .. either ? (Option[])[_soak] : [], .. soak || either ? (Option[])[_sections, _epochs, _epochSchedules] : []];

    public string Out(ParseResult parsed) => parsed.GetValue(_out) ?? Defaults.OutputFolder;

    /// <summary>The folder, or null when none is named.</summary>
    public string? GivenOut(ParseResult parsed) => parsed.GetValue(_out);

    public bool Json(ParseResult parsed) => IsJson(parsed.GetValue(_format));

    /// <summary>Where metrics are pushed to; null for nowhere.</summary>
    public Uri? Otlp(ParseResult parsed) => parsed.Given(_otlp) is { } given ? OtlpAddress.Read(given) : null;

    /// <summary>What was asked for, the file's part included.</summary>
    public CampaignRequest Request(ParseResult parsed)
    {
        var request = new CampaignRequest
        {
            Policies = [.. Texts(parsed, _policy, whole: true), .. Texts(parsed, _policies, whole: false)],
            Workloads = [.. Texts(parsed, _workload, whole: false), .. Texts(parsed, _workloads, whole: false)],
            Set = [.. Texts(parsed, _set, whole: false)],
            Programme = parsed.GetValue(_programme) is { } programme ? Programme(programme) : null,
            Strategy = parsed.Given(_strategy),
            Generation = parsed.Given(_generation),
            Seed = parsed.Given(_seed),
            Schedules = parsed.Given(_schedules),
            Steps = parsed.Given(_steps),
            Soak = soak || parsed.GetValue(_soak),
            SoakSections = parsed.Given(_sections),
            SoakEpochs = parsed.Given(_epochs),
            SoakSchedules = parsed.Given(_epochSchedules),
            Exhaust = parsed.GetValue(_exhaust),
            ExhaustStates = parsed.Given(_states),
            ExhaustCount = parsed.Given(_count),
            ExhaustParts = parsed.Given(_parts),
            ExhaustDepth = parsed.Given(_depth),
            For = parsed.Given(_for),
            Cpus = parsed.Given(_cpus),
            Pages = parsed.Given(_pages),
            Bug = parsed.Given(_bug),
            Shard = parsed.Given(_shard),
            Canaries = parsed.Given(_canaries),
            Workers = parsed.Given(_workers),
        };
        string? file = parsed.GetValue(_file);
        return file is not null ? request.Over(SpecFile.Read(file)) : request;
    }

    /// <summary>As it would be written here: what a farm is sent must not need the file.</summary>
    private static UserValue Programme(string path) => new(ProgrammeFile.Read(path).Canonical, "--programme");

    public static Option<string?> OutOption() => One("--out", $"folder for ledger, report and timings; {Defaults.OutputFolder} by default");

    public static Option<string?> FormatOption() => One("--format", "text or json");

    public static bool IsJson(string? format) => format switch
    {
        null or "text" => false,
        "json" => true,
        _ => throw UnknownFormat(format, "json"),
    };

    /// <summary>The error that a format is.</summary>
    /// <param name="other">the one there is beside text</param>
    public static SpecException UnknownFormat(string format, string other) =>
        new UserValue(format, "--format").Wrong($"unknown format {new UserValue(format, "").Shown}; there are text, {other}");

    public static Option<string?> One(string name, string description) =>
        NeedingValues(new Option<string?>(name) { Description = description, Arity = ArgumentArity.ExactlyOne });

    private static Option<string[]> Many(string name, string description) =>
        NeedingValues(new Option<string[]>(name) { Description = description, Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = false });

    /// <summary>Refuses an option that stands there without its value, however often it is given.</summary>
    private static T NeedingValues<T>(T option) where T : Option
    {
        option.Validators.Add(found =>
        {
            // The parser takes the next option for the value of one that has none.
            if (found.Tokens.FirstOrDefault(t => t.Value.StartsWith("--", StringComparison.Ordinal)) is { } taken)
                found.AddError($"{option.Name}: needs a value before {new UserValue(taken.Value, "").Shown}");
            else if (found.Tokens.Count < found.IdentifierTokenCount) found.AddError($"{option.Name}: needs a value");
        });
        return option;
    }

    /// <summary>What an option's text names.</summary>
    /// <param name="separator">between names; null when it is one</param>
    public static IEnumerable<UserValue> Parts(string text, string origin, char? separator = ',') =>
        (separator is { } between ? text.Split(between) : [text])
            .Select(part => part.Trim().Length > 0 ? new UserValue(part.Trim(), origin) : throw new SpecException($"{origin}: an empty name in '{text}'"));

    /// <summary>The values of a repeatable option, lists taken apart. A design's own commas stay: ';' separates designs with '='.</summary>
    private static IEnumerable<UserValue> Texts(ParseResult parsed, Option<string[]> option, bool whole)
    {
        foreach (string value in parsed.GetValue(option) ?? [])
        {
            bool designs = option.Name == "--policies" && (value.Contains(';', StringComparison.Ordinal) || value.Contains('=', StringComparison.Ordinal));
            foreach (UserValue part in Parts(value, option.Name, whole ? null : designs ? ';' : ',')) yield return part;
        }
    }
}
