namespace StressFarm.Exploration.Records;

/// <summary>What makes two violations the same before the silencing dimension is known.</summary>
public readonly record struct RawSignature(string Invariant, string Field, string Operation, string Other)
{
    public static RawSignature Of(Violation v) =>
        new(v.Invariant.Id, v.Field, v.By.Operation ?? "", v.LastWriter.Operation ?? "");

    public static RawSignature Of(RawFinding raw) => new(raw.Invariant, raw.Field, raw.Operation, raw.Other);
}
