namespace StressFarm.Benchmarks.Tests;

/// <summary>What SPIN prints is believed only where it took the steps that it was asked for.</summary>
public class SpinOutputTests
{
    private const string Good = """
        -------------
        depth-limit (-u500 steps) reached
        #processes: 4
        		pmd = present
        		refcount[0] = 2
        500:	proc  3 (Split:1) gup-split.pml:97 (state 5)
        500:	proc  2 (Gup:1) gup-split.pml:53 (state 10)
        500:	proc  1 (Gup:1) gup-split.pml:66 (state 24)
        500:	proc  0 (:init::1) gup-split.pml:169 (state 16) <valid end state>
        4 processes created

        """;

    [Fact]
    public void Steps_taken_are_counted() => Assert.Equal(500, SpinOutput.Steps(Good, 500));

    private static string Refused(string output, long asked = 500) => Assert.Throws<PeerException>(() => SpinOutput.Steps(output, asked)).Message;

    [Fact]
    public void Other_steps_than_those_asked_for_are_refused()
    {
        Assert.Contains("5000", Refused(Good, 5000), StringComparison.Ordinal);
        Refused(Good, 0);
        Refused(Good.Replace("500:\tproc  2", "12:\tproc  2", StringComparison.Ordinal));
    }

    /// <summary>A model that ends by itself: no error, exit code 0, and no word about a limit.</summary>
    [Theory]
    [InlineData("0 processes created\n")]
    [InlineData("4 processes created\n")]
    [InlineData("")]
    public void Output_without_steps_is_refused(string output) => Assert.Contains("did not take the 500 steps", Refused(output), StringComparison.Ordinal);

    [Fact]
    public void A_model_that_was_not_entered_is_refused() =>
        Refused(Good.Replace("4 processes created", "1 process created", StringComparison.Ordinal));

    [Fact]
    public void A_violated_assertion_is_refused() =>
        Assert.Contains("assertion violated", Refused("spin: gup-split.pml:80, Error: assertion violated\n" + Good), StringComparison.Ordinal);

    [Fact]
    public void Statements_are_told_from_jumps()
    {
        string[] statements = [.. SpinOutput.Statements("""
              0:	proc  - (:root:) creates proc  0 (:init:)
            Starting Gup with pid 1
              1:	proc  1 (Gup:1) gup-split.pml:60 (state 14)	[pincount[folio] = (pincount[folio]+1)]
              2:	proc  1 (Gup:1) gup-split.pml:61 (state 15)	[.(goto)]
              3:	proc  1 (Gup:1) gup-split.pml:61 (state 16)	[goto again]
              4:	proc  1 (Gup:1) gup-split.pml:61 (state 17)	[else]
            """)];
        Assert.Equal(["pincount[folio] = (pincount[folio]+1)", ".(goto)", "goto again", "else"], statements);
        Assert.Equal([false, true, true, false], statements.Select(SpinOutput.IsJump));
    }

    [Fact]
    public void The_version_is_short() => Assert.Equal("SPIN 6.5.2", SpinOutput.Version("Spin Version 6.5.2 -- 6 December 2019\n"));
}
