namespace StressFarm.Simulation.Tests;

public class PolicyTests
{
    /// <summary>
    /// Control's switches. A further one is added only together with a shrunk schedule in docs/findings.md that shows why.
    /// </summary>
    [Fact]
    public void Control_is_pinned() => Assert.Equal(
        "cmp=main dpm=alloc-range map=today gup=today spl=today enc=mask ref-before-prep=k73 first-ref=release slab-ref=0 evict=fixed walker=nt zflags=k73 checks=1 allocator=seed mm=sc hvo=rcu-sync page-mapcount=1 mm-id=1 "
        + "hwpoison=mended hvo-head=kept scan-del=locked dax-put=blind htlb-mark=type htlb-words=page3 pmd-sharers=count",
        string.Join(' ', Dimension.Order.Select(d => $"{d.Id}={d.Values[d.Get(Policy.Control)].Name}")));

    [Fact]
    public void Mainline_is_control_with_what_is_mended_as_read() =>
        Assert.Equal("first-ref=plain,evict=k73", Presets.Find("mainline")!.Policy.ToString());

    [Fact]
    public void Every_preset_reads_back_and_is_named()
    {
        Assert.Equal((24, 17), (Presets.All.Count, Presets.Standard.Count));
        foreach (Preset preset in Presets.All)
        {
            Assert.Equal(preset.Policy, Policy.TryParse(preset.Id, out _));
            Assert.Equal(preset.Policy, Policy.TryParse(preset.Policy.ToString(), out _));
            Assert.Equal(preset.Id, Presets.NameOf(preset.Policy));
        }
    }

    [Fact]
    public void Every_value_of_every_dimension_reads_back()
    {
        foreach (Dimension d in Dimension.Order)
            foreach (PolicyValue value in d.Values)
            {
                Policy? policy = Policy.TryParse($"{d.Id}={value.Name}", out string error);
                Assert.True(policy is not null, error);
                Assert.Equal(value.Number, d.Get(policy));
            }
    }

    [Theory]
    [InlineData("nonsense", "unknown policy 'nonsense'")]
    [InlineData("cmp=rfc,nope=1", "unknown policy dimension 'nope'")]
    [InlineData("cmp=best", "unknown value 'best' of cmp")]
    [InlineData("cmp=rfc,cmp=main", "given twice")]
    [InlineData("", "unknown policy")]
    public void A_wrong_policy_is_one_clear_line(string text, string expected)
    {
        Assert.Null(Policy.TryParse(text, out string error));
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error);
    }
}
