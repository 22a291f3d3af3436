using System.Security.Cryptography;
using System.Text;

namespace StressFarm.Kernel.Workloads;

/// <summary>
/// A workload in small: every programme in which two CPUs have a turn each, after a set-up, of what it is about, with few values of each argument. They are so
/// few that each can be run in every interleaving, and are numbered, the same always. Left out is what breaks the contract of
/// programmes, and what differs from one that is there in nothing but which of the CPUs has which turn.
/// </summary>
public sealed class SmallScope
{
    /// <summary>Programmes, at most.</summary>
    public const int Most = 2000;

    private readonly string _name;
    private readonly List<Entry> _entries = [];
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly Lazy<string> _digest;

    private readonly record struct Entry(Scene Scene, IReadOnlyList<OpCall> Setup, IReadOnlyList<OpCall> One, IReadOnlyList<OpCall> Other);

    /// <param name="name">what its programmes are called, with their number</param>
    public SmallScope(string name, IEnumerable<Scene> scenes)
    {
        _name = name;
        Scenes = [.. scenes];
        foreach (Scene scene in Scenes)
            foreach (IReadOnlyList<OpCall> setup in scene.Setups) Add(scene, setup);
        if (Count > Most) throw new InvalidOperationException($"the scope of {name} has {Count} programmes: at most {Most} can be exhausted in one go");
        _digest = new(() => DigestOf(this));
    }

    public IReadOnlyList<Scene> Scenes { get; }
    public int Count => _entries.Count;
    /// <summary>The smallest machine that has room for all of them.</summary>
    public Geometry Geometry => new(Math.Max(Geometry.MinPages, 2 << Scenes.Max(s => Math.Max(s.Arena.SystemOrder, s.Arena.DeviceOrder))), Scene.Cpus);
    /// <summary>Of all its programmes in their order: what a number of one stands for.</summary>
    public string Digest => _digest.Value;

    /// <summary>A programme by its number.</summary>
    public WrittenProgramme this[int number]
    {
        get
        {
            Entry entry = _entries[number];
            return new(FormattableString.Invariant($"{_name}-{number}"), entry.Scene.Arena, entry.Scene.Allocator, entry.Setup, [entry.One, entry.Other]);
        }
    }

    /// <summary>The number of a programme, whichever CPU has which turn; -1 of one that is not there.</summary>
    public int NumberOf(Scene scene, IReadOnlyList<OpCall> setup, IReadOnlyList<OpCall> one, IReadOnlyList<OpCall> other) =>
        _numbers.GetValueOrDefault(KeyOf(new(scene, setup, one, other)), -1);

    private void Add(Scene scene, IReadOnlyList<OpCall> setup)
    {
        foreach (IReadOnlyList<OpCall> one in scene.Turns)
            foreach (IReadOnlyList<OpCall> other in scene.Against)
            {
                var entry = new Entry(scene, setup, one, other);
                if (ProgrammeContract.Broken(scene.Arena, setup, [one, other]).Length == 0 && _numbers.TryAdd(KeyOf(entry), Count)) _entries.Add(entry);
            }
    }

    /// <summary>The same for two programmes that differ in nothing but their CPUs' numbers: none of the two CPUs is special.</summary>
    private static string KeyOf(Entry entry)
    {
        string one = CallChoices.Format(entry.One), other = CallChoices.Format(entry.Other);
        if (string.CompareOrdinal(one, other) > 0) (one, other) = (other, one);
        return $"{entry.Scene.Arena}\n{entry.Scene.Allocator}\n{CallChoices.Format(entry.Setup)}\n{one}\n{other}";
    }

    private static string DigestOf(SmallScope scope)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int i = 0; i < scope.Count; i++) hash.AppendData(Encoding.UTF8.GetBytes(scope[i].Canonical));
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 8));
    }
}
