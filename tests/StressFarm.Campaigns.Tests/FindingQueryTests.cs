namespace StressFarm.Campaigns.Tests;

/// <summary>Findings are asked for by the labels that metrics give them.</summary>
public class FindingQueryTests
{
    [Theory]
    [InlineData(null, null, null, true)]
    [InlineData("rfc-v1", null, null, true)]
    [InlineData("RFC-V1", "mixed", "i12", true)]
    [InlineData(null, null, "I12b", true)]
    [InlineData(null, null, "I12c", false)]
    [InlineData(null, null, "I1", false)]
    [InlineData("custom", null, null, false)]
    [InlineData("rfc", null, null, false)]
    [InlineData(null, "mixe", null, false)]
    public void A_part_of_an_invariant_is_found_by_the_whole(string? policy, string? workload, string? invariant, bool taken) =>
        Assert.Equal(taken, new FindingQuery(policy, workload, invariant).Takes("rfc-v1", "mixed", "I12b"));

    [Theory]
    [InlineData(null, null, null)]
    [InlineData("custom", "MIXED", "I12")]
    [InlineData("RFC-v1", "gup-pin", "i12B")]
    public void Labels_that_metrics_have_are_known(string? policy, string? workload, string? invariant) => new FindingQuery(policy, workload, invariant).Check();

    [Theory]
    [InlineData("rfc", null, null, "unknown policy; there are control, mainline, ")]
    [InlineData(null, "mixe", null, "unknown workload; there are ")]
    [InlineData(null, null, "I999", "unknown invariant; there are I01, I02, I02b, ")]
    [InlineData("other", null, null, "policy: other is what a metric has no room to tell apart")]
    [InlineData(null, "other", null, "workload: other is ")]
    public void Another_label_is_refused_with_those_that_there_are(string? policy, string? workload, string? invariant, string said)
    {
        string line = Assert.Throws<SpecException>(new FindingQuery(policy, workload, invariant).Check).Message;
        Assert.StartsWith(said, line, StringComparison.Ordinal);
        // The API cuts what is longer.
        Assert.InRange(line.Length, 1, 1000);
    }

    [Fact]
    public void A_design_that_is_no_preset_is_custom()
    {
        Assert.True(new FindingQuery("custom", null, null).Takes("DPM=NONE GUP=FAIL", "mixed", "I12b"));
        Assert.False(new FindingQuery("control", null, null).Takes("DPM=NONE GUP=FAIL", "mixed", "I12b"));
    }
}
