using System.Text;

namespace StressFarm.Campaigns.Tests;

public class SpecFileTests
{
    private static readonly SpecDefaults s_defaults = new(AllPolicies: false, Schedules: 10);

    private static CampaignOrder Build(string yaml) => SpecBuilder.Build(SpecFile.Parse(yaml, "c.yaml"), s_defaults);

    [Fact]
    public void Every_key_is_read()
    {
        CampaignOrder order = Build("""
            # a soak
            policies: [rfc-v1, "cmp=rfc,dpm=free-core", control]
            workloads: mixed
            strategy: random
            seed: 0x10
            schedules: 1_000
            for: 8h
            cpus: 2
            pages: 1024
            set:
              ops: 3
            workers: 3
            """);
        CampaignSpec spec = order.Spec;
        Assert.Equal(["control", "rfc-v1", "cmp=rfc,dpm=free-core"], spec.Policies.Select(p => p.Name));
        Assert.Equal(["mixed"], spec.Workloads.Select(w => w.Id));
        Assert.Equal(("random", 16UL, 1000L, 1024, 2), (spec.Strategy, spec.FirstSeed, spec.Schedules!.Value, spec.Geometry.Pages, spec.Geometry.MaxCpus));
        Assert.Equal(3, spec.Parameters["ops"]);
        Assert.Equal((TimeSpan.FromHours(8), 3), (order.Budget!.Value, order.Workers));
    }

    [Fact]
    public void The_example_of_the_documentation_is_a_campaign_and_the_page_names_every_key()
    {
        string root = RepositoryRoot.Folder;
        CampaignOrder order = SpecBuilder.Build(SpecFile.Read(Path.Combine(root, "docs/examples/soak.yaml")), s_defaults);
        Assert.Equal((3, 3, TimeSpan.FromHours(1)), (order.Spec.Policies.Count, order.Spec.Workloads.Count, order.Budget!.Value));
        string page = File.ReadAllText(Path.Combine(root, "docs/campaigns.md"));
        Assert.All(CampaignRequest.Keys, key => Assert.Contains($"| `{key}` |", page));
    }

    [Fact]
    public void Time_workers_and_the_order_of_names_are_not_part_of_the_spec()
    {
        string hash = Build("policies: [control, rfc-v1]\nschedules: 5").Spec.Hash;
        Assert.Equal(hash, Build("policies: [rfc-v1, control]\nschedules: 5\nfor: 1h\nworkers: 7").Spec.Hash);
        Assert.NotEqual(hash, Build("policies: [rfc-v1, control]\nschedules: 6").Spec.Hash);
    }

    [Fact]
    public void Options_win_over_the_file_and_one_budget_replaces_another()
    {
        CampaignRequest file = SpecFile.Parse("policies: rfc-v1\nschedules: 5\nseed: 3\nset: {ops: 2}", "c.yaml");
        var options = new CampaignRequest { Steps = new("1000", "--steps"), Seed = new("9", "--seed"), Set = [new("ops=3", "--set")] };
        CampaignSpec spec = SpecBuilder.Build(options.Over(file), s_defaults).Spec;
        Assert.Equal((9UL, null, 1000L, 3), (spec.FirstSeed, spec.Schedules, spec.Steps!.Value, spec.Parameters["ops"]));
        Assert.Equal("rfc-v1", Assert.Single(spec.Policies).Name);
    }

    [Theory]
    [InlineData("", "c.yaml:1: the file is empty")]
    [InlineData("just words", "c.yaml:1: a campaign is a mapping")]
    [InlineData("- a\n- b", "c.yaml:1: a campaign is a mapping")]
    [InlineData("seed: 1\npolices: control", "c.yaml:2: unknown key 'polices'; there are policies")]
    [InlineData("seed: 1\n\nseed: 2", "c.yaml:3: seed: is given twice")]
    [InlineData("seed: 1\nschedules: many", "c.yaml:2: schedules: 'many' is not a whole number")]
    [InlineData("schedules: -1", "c.yaml:1: schedules: '-1' is out of range")]
    [InlineData("schedules: 0", "c.yaml:1: schedules: '0' is out of range")]
    [InlineData("schedules: 1.5", "c.yaml:1: schedules: '1.5' is not a whole number")]
    [InlineData("schedules: 99999999999999999999999999999999", "c.yaml:1: schedules:")]
    [InlineData("policies:\n  - control\n  - rfc-v9", "c.yaml:3: policies: unknown policy 'rfc-v9'")]
    [InlineData("policies: []", "c.yaml:1: policies: is an empty list")]
    [InlineData("policies:\n  - control\n  - control", "c.yaml:3: policies: the design 'control' is given twice")]
    [InlineData("policies: \"cmp=rfc,cmp=main\"", "c.yaml:1: policies: policy dimension 'cmp' is given twice")]
    [InlineData("policies: {a: b}", "c.yaml:1: policies: takes a plain value here")]
    [InlineData("workloads: [mixed, nothing]", "c.yaml:1: workloads: unknown workload 'nothing'")]
    [InlineData("seed: 1\nset: 5", "c.yaml:2: set: takes a mapping")]
    [InlineData("set:\n  ops: [1]", "c.yaml:2: set: takes a plain value here")]
    [InlineData("set:\n  ops: x", "c.yaml:2: set: 'x' is not a whole number")]
    [InlineData("set:\n  nothing: 1", "c.yaml:2: set: no workload here draws a parameter 'nothing'")]
    [InlineData("set:\n  ops: 999999", "c.yaml:2: set: 'ops' cannot be 999999")]
    [InlineData("schedules: 5\nsteps: 5", "c.yaml:1: schedules: contradicts a budget in steps")]
    [InlineData("for: soon", "c.yaml:1: for: 'soon' is not a time")]
    [InlineData("for: 0s", "c.yaml:1: for: '0s' is out of range")]
    [InlineData("seed: -3", "c.yaml:1: seed: '-3' is not a seed")]
    [InlineData("seed:", "c.yaml:1: seed: has no value")]
    [InlineData("seed: 1\n---\nseed: 2", "c.yaml:2: a campaign file holds one document")]
    [InlineData("seed: &a 1\nsteps: *a", "c.yaml:1: seed: anchors are not allowed")]
    [InlineData("seed: *a", "c.yaml:1: seed: aliases are not allowed")]
    [InlineData("seed: !!str 1", "c.yaml:1: seed: tags are not allowed")]
    [InlineData("seed: [1", "c.yaml:")]
    [InlineData("seed: 1\n\tsteps: 2", "c.yaml:2: malformed YAML:")]
    [InlineData("seed: \"1", "c.yaml:1: malformed YAML:")]
    [InlineData("{{{{", "c.yaml:1:")]
    [InlineData("pages: 1000", "c.yaml:1: pages: '1000' is not a power of two")]
    [InlineData("cpus: 9", "c.yaml:1: cpus: '9' is out of range")]
    [InlineData("cpus: 2\nset: {cpus: 3}", "c.yaml:1: cpus: contradicts cpus=3")]
    [InlineData("bug: Z999", "c.yaml:1: bug: unknown bug 'Z999'")]
    public void An_error_names_line_and_key_on_one_line(string yaml, string expected)
    {
        SpecException e = Assert.Throws<SpecException>(() => Build(yaml));
        Assert.StartsWith(expected, e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void Depth_and_size_cannot_hurt()
    {
        Assert.Throws<SpecException>(() => Build("policies: " + new string('[', 60_000)));
        Assert.Throws<SpecException>(() => Build(new string('{', 60_000)));
        Assert.Throws<SpecException>(() => Build("policies: [" + string.Concat(Enumerable.Repeat("control,", 7_000)) + "]"));
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "seed: 1\n#" + new string('x', SpecFile.MaxBytes), Encoding.UTF8);
            Assert.Contains("too large", Assert.Throws<SpecException>(() => SpecFile.Read(path)).Message);
        }
        finally
        {
            File.Delete(path);
        }
        Assert.Contains("there is none", Assert.Throws<SpecException>(() => SpecFile.Read("/nowhere/c.yaml")).Message);
        Assert.Contains("a folder", Assert.Throws<SpecException>(() => SpecFile.Read(Path.GetTempPath())).Message);
    }
}
