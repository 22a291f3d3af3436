namespace StressFarm.Exploration.Feedback;

/// <summary>
/// The beginning of a choice sequence as bytes: a run of one CPU each, its number in three bits and its length in five. Choices
/// of units that let stores out (MM=TSO, WEAK) are left out: what follows such a sequence chooses them anew.
/// </summary>
public static class ChoiceCode
{
    /// <summary>Choices that are kept of a schedule.</summary>
    public const int MostChoices = 4096;
    private const int LongestRun = 32;

    /// <summary>Encodes at most <see cref="MostChoices"/> choices.</summary>
    public static byte[] Encode(IReadOnlyList<byte> choices)
    {
        if (choices.Any(c => c >= Geometry.CpuLimit)) choices = [.. choices.Where(c => c < Geometry.CpuLimit)];
        int count = Math.Min(choices.Count, MostChoices);
        var bytes = new List<byte>();
        for (int i = 0; i < count;)
        {
            int run = 1;
            while (i + run < count && run < LongestRun && choices[i + run] == choices[i]) run++;
            bytes.Add((byte)(choices[i] << 5 | (run - 1)));
            i += run;
        }
        return [.. bytes];
    }

    /// <summary>The choices; no more than <see cref="MostChoices"/>, whatever the bytes are.</summary>
    public static byte[] Decode(byte[] bytes)
    {
        int count = 0;
        foreach (byte b in bytes) count = Math.Min(MostChoices, count + (b & (LongestRun - 1)) + 1);
        byte[] choices = new byte[count];
        int at = 0;
        foreach (byte b in bytes)
        {
            int run = Math.Min((b & (LongestRun - 1)) + 1, count - at);
            choices.AsSpan(at, run).Fill((byte)(b >> 5));
            at += run;
        }
        return choices;
    }
}
