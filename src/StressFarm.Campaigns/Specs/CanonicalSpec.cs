using System.Globalization;

namespace StressFarm.Campaigns.Specs;

/// <summary>Reads a spec back from its canonical text: what a ledger says that it is of.</summary>
public static class CanonicalSpec
{
    /// <exception cref="SpecException">it is not the text of a spec of this build</exception>
    public static CampaignSpec Read(string text)
    {
        CampaignSpec? spec;
        try
        {
            spec = Parse(text);
        }
        catch (Exception e) when (e is FormatException or OverflowException or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            spec = null;
        }
        if (spec is not null && spec.Canonical == text) return spec;
        string model = text.Split('\n')[0];
        throw new SpecException(model == $"model: {ModelVersion.Current}"
            ? "the campaign's spec cannot be read: it is damaged, or of another build"
            : $"the campaign is of another model version ('{(model.Length <= 40 ? model : model[..40])}'), this build has {ModelVersion.Current}");
    }

    private static CampaignSpec Parse(string text)
    {
        ILookup<string, string> lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(": ", 2)).ToLookup(parts => parts[0], parts => parts.Length > 1 ? parts[1] : "");
        string One(string key) => lines[key].Single();
        long? Budget(string key) => One(key) == "any" ? null : long.Parse(One(key), CultureInfo.InvariantCulture);
        return new CampaignSpec
        {
            Policies = [.. lines["policy"].Select(ReadPolicy)],
            Workloads = [.. lines["workload"].Select(id => Catalog<Workload>.Find(id) ?? throw new FormatException(id)), .. ReadProgramme(lines["programme"])],
            Strategy = One("strategy"),
            FirstSeed = ulong.Parse(One("seed"), CultureInfo.InvariantCulture),
            Schedules = Budget("schedules"),
            Steps = Budget("steps"),
            Geometry = new(Whole(One("pages")), Whole(One("cpus"))),
            Parameters = lines["set"].Select(s => s.Split('=')).ToDictionary(p => p[0], p => Whole(p[1])),
            Bug = One("bug") is var bug && bug == "none" ? null : bug,
            ShardSchedules = Whole(One("shard")),
            GenerationShards = lines["generation"].SingleOrDefault() is { } generation ? Whole(generation) : CampaignSpec.DefaultGenerationShards,
            CanaryDrill = lines["canaries"].SingleOrDefault() is not null,
            Exhaust = lines["exhaust"].SingleOrDefault() is { } exhaust ? ExhaustBudget.Read(exhaust) : null,
            Soak = lines["soak"].SingleOrDefault() is { } soak ? ReadSoak(soak) : null,
        };
    }

    private static IEnumerable<Workload> ReadProgramme(IEnumerable<string> lines)
    {
        string text = string.Concat(lines.Select(line => line + "\n"));
        if (text.Length != 0) yield return ProgrammeText.TryRead(text, out string error) ?? throw new FormatException(error);
    }

    /// <summary>"name = dimension=value,… bugs=hex".</summary>
    private static PolicyChoice ReadPolicy(string line)
    {
        string design = line[(line.IndexOf(" = ", StringComparison.Ordinal) + 3)..];
        int bugs = design.LastIndexOf(" bugs=", StringComparison.Ordinal);
        Policy policy = Policy.TryParse(design[..bugs], out string error) ?? throw new FormatException(error);
        var planted = (Deviation)ulong.Parse(design.AsSpan(bugs + 6), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        return PolicyChoice.Of(policy with { Deviations = planted });
    }

    private static SoakBudget ReadSoak(string line)
    {
        Dictionary<string, string> parts = line.Split(' ').Select(p => p.Split('=')).ToDictionary(p => p[0], p => p[1]);
        return new(Whole(parts["sections"]), parts["epochs"] == "any" ? null : long.Parse(parts["epochs"], CultureInfo.InvariantCulture), Whole(parts["schedules"]));
    }

    private static int Whole(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
