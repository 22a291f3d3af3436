namespace StressFarm.Exploration.Tests;

public class ReplayTokenTests
{
    private static ReplayToken Random(ref Pcg random)
    {
        Policy policy = Policy.Control;
        foreach (Dimension d in Dimension.Order)
            if (random.OneIn(3)) policy = d.With(policy, random.Below(d.Values.Count));
        if (random.OneIn(4)) policy = policy with { Deviations = Deviation.FreezeCurrentCount | Deviation.GupFastNoRecheck };
        if (random.OneIn(4)) policy = policy with { Dropped = (Step)(1 + random.Below((int)Step.LkFree)) };
        var parameters = new Dictionary<string, int>();
        for (int i = random.Below(4); i > 0; i--) parameters[$"parameter-{random.Below(9)}"] = (int)random.NextUInt();
        var geometry = new Geometry(32 << random.Below(11), 1 + random.Below(8));
        var cell = new Cell(policy, RaceWorkload.Instance, "portfolio", geometry, parameters);
        var edits = new List<(int, int)>();
        for (int i = random.Below(6); i > 0; i--) edits.Add((random.Below(ProgrammeEdits.Lists), random.Below(200)));
        byte[] choices = new byte[random.Below(300)];
        for (int i = 0; i < choices.Length; i++) choices[i] = (byte)(i > 0 && !random.OneIn(5) ? choices[i - 1] : random.Below(geometry.MaxCpus));
        var signature = new RawSignature("I06", "_nr_pages", "vm_insert_pages", random.OneIn(2) ? "" : "alloc_pages×");
        return new ReplayToken(new Scenario(cell, random.NextULong(), new ProgrammeEdits(edits), choices, random.OneIn(2)), random.NextULong(), signature);
    }

    [Fact]
    public void Round_trip()
    {
        var random = new Pcg(1, 9);
        for (int i = 0; i < 500; i++)
        {
            ReplayToken token = Random(ref random);
            string text = token.Encode();
            Assert.Matches("^U0YB[A-Za-z0-9_-]*$", text);
            ReplayToken back = ReplayToken.TryDecode(text, out string error, TestCells.Workloads) ?? throw new InvalidOperationException(error);
            Assert.Equal(text, back.Encode());
            Assert.Equal(token.Scenario.Cell.Key, back.Scenario.Cell.Key);
            Assert.Equal(token.Scenario.Cell.Policy, back.Scenario.Cell.Policy);
            Assert.Equal(token.Scenario.Choices, back.Scenario.Choices);
            Assert.Equal(token.Scenario.Edits.Removed, back.Scenario.Edits.Removed);
            Assert.Equal((token.Scenario.Seed, token.Scenario.Fair, token.Digest, token.Signature),
                (back.Scenario.Seed, back.Scenario.Fair, back.Digest, back.Signature));
        }
    }

    [Fact]
    public void No_corruption_is_accepted_and_none_throws()
    {
        const string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_ =+/\"'\n\0é";
        var random = new Pcg(2, 9);
        for (int i = 0; i < 6000; i++)
        {
            string text = Random(ref random).Encode();
            int at = random.Below(text.Length);
            string corrupt = random.Below(5) switch
            {
                0 => text[..at],
                1 => text[at..],
                2 => text.Remove(at, 1),
                3 => text.Insert(at, alphabet[random.Below(alphabet.Length)].ToString()),
                _ => text[..at] + alphabet[random.Below(alphabet.Length)] + text[(at + 1)..],
            };
            if (ReplayToken.TryDecode(corrupt, out string error, TestCells.Workloads) is { } read)
            {
                // Only white space or the unused bits of the last character may differ.
                Assert.Equal(text, read.Encode());
                continue;
            }
            Assert.NotEqual("", error);
            Assert.DoesNotContain('\n', error);
            Assert.DoesNotContain('\0', error);
        }
    }

    /// <summary>A body with a right checksum whose inside is nonsense: what the checksum cannot catch.</summary>
    [Fact]
    public void No_well_formed_nonsense_throws()
    {
        var random = new Pcg(3, 9);
        int read = 0;
        for (int i = 0; i < 6000; i++)
        {
            byte[] bytes = System.Buffers.Text.Base64Url.DecodeFromChars(Random(ref random).Encode());
            for (int n = 1 + random.Below(3); n > 0; n--) bytes[3 + random.Below(bytes.Length - 7)] = (byte)random.NextUInt();
            string text = Sealed(bytes);
            if (ReplayToken.TryDecode(text, out string error, TestCells.Workloads) is not null) read++;
            else Assert.NotEqual("", error);
            Assert.DoesNotContain('\n', error);
        }
        Assert.InRange(read, 1, 6000); // seeds and digests may be anything: the checksum was right
    }

    private static string Sealed(byte[] bytes)
    {
        ulong hash = 0xcbf2_9ce4_8422_2325;
        foreach (byte b in bytes.AsSpan(0, bytes.Length - 4)) hash = unchecked((hash ^ b) * 0x100_0000_01b3);
        BitConverter.TryWriteBytes(bytes.AsSpan(bytes.Length - 4), (uint)(Pcg.Mix(hash) >> 16));
        return System.Buffers.Text.Base64Url.EncodeToString(bytes);
    }

    [Theory]
    [InlineData(null, "empty")]
    [InlineData("", "empty")]
    [InlineData("F-3f9c1a", "characters that no token has|begin")]
    [InlineData("hello world", "characters|begin")]
    [InlineData("--help", "characters|begin")]
    [InlineData("U0YB", "begin|checksum")]
    [InlineData("U0YEAAAAAAAAAAAA", "format is 4")]
    public void Foreign_words_are_refused_with_one_line(string? text, string reason)
    {
        Assert.Null(ReplayToken.TryDecode(text, out string error));
        Assert.Matches(reason, error);
        Assert.DoesNotContain('\n', error);
    }

    [Theory]
    [InlineData("wish", "pages", "I06", "no strategy 'wish'")]
    [InlineData("\u001b[31m", "pages", "I06", "cannot be printed")]
    [InlineData("random", "pa\u001bges", "I06", "cannot be printed")]
    [InlineData("random", "pages", "I06\n", "cannot be printed")]
    [InlineData("random", "pages", "I06\u009b", "cannot be printed")]
    public void A_forged_token_with_a_right_checksum_shows_nothing_of_its_own(string strategy, string parameter, string invariant, string reason)
    {
        var cell = new Cell(Policy.Control, RaceWorkload.Instance, strategy, TestCells.Small, new Dictionary<string, int> { [parameter] = 1 });
        var token = new ReplayToken(new Scenario(cell, 1, ProgrammeEdits.None, [0], true), 0, new RawSignature(invariant, "f", "o", ""));
        Assert.Null(ReplayToken.TryDecode(token.Encode(), out string error, TestCells.Workloads));
        Assert.Contains(reason, error, StringComparison.Ordinal);
        Assert.DoesNotContain(error, char.IsControl);
    }

    [Fact]
    public void Oversized_and_unknown_tokens_are_refused_with_one_short_line()
    {
        Assert.Null(ReplayToken.TryDecode(new string('A', 5_000_000), out string error));
        Assert.InRange(error.Length, 20, 200);
        var random = new Pcg(4, 9);
        Assert.Null(ReplayToken.TryDecode(Random(ref random).Encode(), out error)); // its workload is the tests' own
        Assert.Contains("no workload 'test-race'", error, StringComparison.Ordinal);
    }
}
