using StressFarm.Exploration.Feedback;

namespace StressFarm.Exploration.Records;

/// <summary>What an arm showed in a shard that neither the shard's input nor an earlier schedule of the shard had shown.</summary>
/// <param name="Species">as <see cref="PlaceCode"/></param>
/// <param name="Signatures">keys of the raw findings whose lowest seed in the shard is this arm's, sorted</param>
public sealed record ArmYield(string Strategy, byte[] Species, IReadOnlyList<string> Signatures);

/// <summary>A schedule that may become a parent.</summary>
/// <param name="Species">what it showed first in its shard, as <see cref="PlaceCode"/></param>
public sealed record ParentCandidate(Parent Parent, byte[] Species);

/// <summary>What a shard of a feedback cell hands on to later generations.</summary>
/// <param name="Arms">sorted by strategy</param>
/// <param name="Candidates">by seed; those that showed most, at most <see cref="MostCandidates"/></param>
public sealed record ShardFeedback(IReadOnlyList<ArmYield> Arms, IReadOnlyList<ParentCandidate> Candidates)
{
    public const int MostCandidates = 16;

    /// <summary>A hash over all of it: part of the shard's digest, since later generations are built on it.</summary>
    internal ulong Hash()
    {
        var w = new TokenWriter();
        foreach (ArmYield arm in Arms)
        {
            w.Text(arm.Strategy);
            Bytes(w, arm.Species);
            w.Number((ulong)arm.Signatures.Count);
            foreach (string key in arm.Signatures) w.Text(key);
        }
        foreach (ParentCandidate candidate in Candidates)
        {
            w.Number(candidate.Parent.Seed);
            w.Text(candidate.Parent.Arm);
            w.Number(candidate.Parent.ProgrammeSeed);
            Bytes(w, candidate.Parent.Choices);
            Bytes(w, candidate.Species);
        }
        return StableHash.Of(w.ToArray());
    }

    private static void Bytes(TokenWriter w, byte[] bytes)
    {
        w.Number((ulong)bytes.Length);
        foreach (byte b in bytes) w.Byte(b);
    }
}
