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
                foreach (ulong word in words) hash.Add(word);
                keys.Add(hash.Low);
                high.Add(hash.High);
                count++;
            }
        Assert.Equal(count, keys.Count);
        Assert.Equal(count, high.Count);
    }

    [Fact]
    public void What_is_added_in_another_order_has_another_key()
    {
        StateHash one = new(0), other = new(0), folded = new(0);
        one.Add(1);
        one.Add(2);
        other.Add(2);
        other.Add(1);
        folded.Fold((1, 2));
        folded.Fold((2, 1));
        Assert.Equal(3, new HashSet<UInt128> { one.Key, other.Key, folded.Key }.Count);
    }

    [Fact]
    public void A_sum_is_the_same_by_whatever_way_it_was_come_to()
    {
        StateSum sum = new(), again = new(), back = new(), swapped = new();
        sum.Add(1, 7, 5);
        sum.Add(2, 7, 6);
        again.Add(2, 7, 6);
        again.Add(1, 7, 1);
        again.Change(1, 7, 1, 9);
        again.Change(1, 7, 9, 5);
        Assert.Equal(sum, again);
        back.Change(3, 0, 0, ulong.MaxValue);
        back.Change(3, 0, ulong.MaxValue, 0);
        Assert.Equal(new StateSum(), back);
        swapped.Add(1, 7, 6);
        swapped.Add(2, 7, 5);
        Assert.NotEqual(sum, swapped);
    }

    /// <summary>Words as a memory has them: see above.</summary>
    [Fact]
    public void Sums_that_differ_in_a_bit_or_two_are_different()
    {
        var low = new HashSet<ulong>();
        var high = new HashSet<ulong>();
        int count = 0;
        for (int first = 0; first < 256; first++)
            for (int second = first + 1; second < 256; second++)
            {
                var sum = new StateSum();
                sum.Change(0, first >> 6, 0, 1UL << (first & 63));
                sum.Change(0, second >> 6, (second >> 6) == (first >> 6) ? 1UL << (first & 63) : 0, ((second >> 6) == (first >> 6) ? 1UL << (first & 63) : 0) | 1UL << (second & 63));
                low.Add(sum.Low);
                high.Add(sum.High);
                count++;
            }
        Assert.Equal(count, low.Count);
        Assert.Equal(count, high.Count);
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
