using StressFarm.Exploration.Exhaustive;

namespace StressFarm.Exploration.Tests;

/// <summary>The keys that states are told apart by, and the table that they are kept in.</summary>
public class StateKeyTests
{
    /// <summary>Words as a memory has them: few bits differ, at neighbouring places.</summary>
    [Fact]
    public void States_that_differ_in_a_bit_or_two_have_different_keys()
    {
        var keys = new HashSet<ulong>();
        var high = new HashSet<ulong>();
        int count = 0;
        for (int first = 0; first < 256; first++)
            for (int second = first; second < 256; second++)
            {
                ulong[] words = new ulong[16];
                words[first >> 6 << 1] ^= 1UL << (first & 63);
                words[(second >> 6 << 1) + 1] ^= 1UL << (second & 63);
                var hash = new StateHash(0);
                hash.Add(words);
                keys.Add(hash.Low);
                high.Add(hash.High);
                count++;
            }
        Assert.Equal(count, keys.Count);
        Assert.Equal(count, high.Count);
    }

    [Fact]
    public void Parts_count_apart_from_their_order_and_values_in_it()
    {
        StateHash a = new(1), b = new(2), ab = new(0), ba = new(0);
        ab.Merge(in a);
        ab.Merge(in b);
        ba.Merge(in b);
        ba.Merge(in a);
        Assert.Equal(ab.Key, ba.Key);
        StateHash one = new(0), other = new(0);
        one.Add([1, 2]);
        other.Add([2, 1]);
        Assert.NotEqual(one.Key, other.Key);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_table_knows_what_was_added_and_nothing_else(bool wide)
    {
        var table = new StateTable(wide);
        var known = new HashSet<UInt128>();
        var random = new Pcg(1, stream: 3);
        for (int i = 0; i < 100_000; i++)
        {
            UInt128 key = new((ulong)(wide ? random.Below(4) : 0), Pcg.Mix((ulong)random.Below(50_000)));
            Assert.Equal(known.Add(key), table.Add(key));
        }
        Assert.Equal(known.Count, table.Count);
    }
}
