using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace StressFarm.Simulation.Invariants;

/// <summary>
/// Which invariants look at a write, under one policy: a list for each situation of the page, word of it, and part of the word. What
/// an invariant declares (<see cref="Invariant.Reads"/>, <see cref="Invariant.States"/>, <see cref="Invariant.Concerns"/>,
/// <see cref="Invariant.Quiet"/>, <see cref="Invariant.Applies"/>) is said here once and for all.
/// </summary>
internal sealed class WriteTable
{
    /// <summary>Numbers of a touched word with its part: the low five bits of what <see cref="StepObserver.AfterStep"/> is told.</summary>
    internal const int Parts = Layout.WordsPerPage * 4;

    // The distinct lists, one after the other: list n begins at Lists[n] >> 8 and is Lists[n] & 255 long; list 0 is empty.
    internal readonly Listed[] Invariants;
    internal readonly uint[] Lists;
    // Their numbers, a byte each: the parts of a situation lie in half a line of the processor's cache.
    internal readonly byte[] ListOf = new byte[Situation.Count * Parts];

    /// <summary>An invariant, and what the word holds when it need not look.</summary>
    internal readonly struct Listed(Invariant invariant, (ulong Mask, ulong Value) quiet) : IEquatable<Listed>
    {
        public readonly Invariant Invariant = invariant;
        public readonly ulong Mask = quiet.Mask, Value = quiet.Value;

        public bool Equals(Listed other) => (Invariant, Mask, Value) == (other.Invariant, other.Mask, other.Value);
        public override bool Equals(object? obj) => obj is Listed other && Equals(other);
        public override int GetHashCode() => HashCode.Combine(Invariant, Mask, Value);
    }

    private static readonly ConcurrentDictionary<string, WriteTable> s_known = new();

    /// <summary>The table of a policy. All machines share it, and so do all policies that leave the same invariants something to find.</summary>
    /// <param name="everything">all that read the word, whatever they say of when they can find something: what tests compare with</param>
    public static WriteTable Of(Invariant[] all, Policy policy, bool everything)
    {
        Invariant[] applied = everything ? all : [.. all.Where(i => i.Applies(policy))];
        string key = $"{(everything ? "all" : "")} {string.Join(' ', applied.Select(i => i.Id))}";
        return s_known.GetOrAdd(key, _ => new WriteTable(applied, everything));
    }

    private WriteTable(Invariant[] applied, bool everything)
    {
        var listed = new List<Listed>();
        var lists = new List<uint> { 0 };
        var list = new List<Listed>();
        for (int place = 0; place < ListOf.Length; place++)
        {
            var at = Situation.Numbered(place / Parts);
            int word = place % Parts / 4, part = place % 4, halves = (part == 0 ? 3 : part) << (word * 2);
            if (part == 3) continue;
            list.Clear();
            foreach (Invariant i in applied)
            {
                if ((i.Reads & halves) == 0) continue;
                if (everything) list.Add(new Listed(i, (0, 1)));
                else if ((i.States & at.State) != 0 && (at.Device || !i.DeviceOnly) && i.Concerns(at)) list.Add(new Listed(i, i.Quiet(word, at)));
            }
            ListOf[place] = checked((byte)NumberOf(list, listed, lists));
        }
        Invariants = [.. listed];
        Lists = [.. lists];
    }

    private static int NumberOf(List<Listed> list, List<Listed> listed, List<uint> lists)
    {
        if (list.Count == 0) return 0;
        int known = lists.FindIndex(l => CollectionsMarshal.AsSpan(list).SequenceEqual(CollectionsMarshal.AsSpan(listed).Slice((int)(l >> 8), (int)(l & 255))));
        if (known >= 0) return known;
        lists.Add((uint)listed.Count << 8 | checked((byte)list.Count));
        listed.AddRange(list);
        return lists.Count - 1;
    }
}
