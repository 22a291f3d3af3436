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

    [Fact]
    public void A_design_that_is_no_preset_is_custom()
    {
        Assert.True(new FindingQuery("custom", null, null).Takes("DPM=NONE GUP=FAIL", "mixed", "I12b"));
        Assert.False(new FindingQuery("control", null, null).Takes("DPM=NONE GUP=FAIL", "mixed", "I12b"));
    }
}
