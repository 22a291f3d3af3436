using StressFarm.Campaigns.Soak;

namespace StressFarm.Cli.Output;

/// <summary>What holds of the chains of a soak.</summary>
internal static class ChainText
{
    public static IReadOnlyList<string> Lines(ChainVerification done) =>
    [
        $"{Numbers.Of(done.Sections, "section")}, {Numbers.Of(done.Epochs, "epoch")}: every link follows from its row and the link before it",
        $"{Numbers.Of(done.Checkpoints, "checkpoint")}: each has its hash and is its chain's",
    ];
}
