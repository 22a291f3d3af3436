namespace StressFarm.Campaigns.Specs;

/// <summary>A value as the user wrote it, and where.</summary>
/// <param name="Origin">"--seed", or "campaign.yaml:3: seed": what an error line begins with</param>
public sealed record UserValue(string Text, string Origin)
{
    /// <summary>The error that this value is.</summary>
    public SpecException Wrong(string why) => new($"{Origin}: {why}");
    /// <summary>The value, shortened, for an error line.</summary>
    public string Shown => Text.Length <= 60 ? $"'{Text.ReplaceLineEndings(" ")}'" : $"'{Text[..57].ReplaceLineEndings(" ")}…'";
}
