using System.Security.Cryptography;
using System.Text;

namespace StressFarm.Kernel.Workloads;

/// <summary>
/// A programme that somebody wrote, in the place of a workload that draws one: every seed runs the same calls. Seeds then
/// differ in their schedules alone. It is no member of the catalogue.
/// </summary>
public sealed class WrittenProgramme : Workload
{
    /// <summary>What it is called when it says no name.</summary>
    public const string DefaultName = "programme";
    public const int MaxNameLength = 40;
    /// <summary>Calls in all; with the longest of them the text stays below <see cref="ProgrammeText.MaxLength"/>.</summary>
    public const int MaxCalls = 512;

    private readonly Arena _arena;
    private readonly Allocator _allocator;
    private readonly OpCall[] _setup;
    private readonly OpCall[][] _cpus;

    /// <param name="arena">with as many CPUs as there are lists</param>
    /// <param name="allocator">the driver's, when the policy leaves it to the schedule</param>
    public WrittenProgramme(string name, in Arena arena, Allocator allocator, IEnumerable<OpCall> setup, IEnumerable<IEnumerable<OpCall>> cpus)
    {
        _setup = [.. setup];
        _cpus = [.. cpus.Select(c => c.ToArray())];
        if (arena.Cpus != _cpus.Length) throw new ArgumentException($"{_cpus.Length} lists of calls for {arena.Cpus} CPUs", nameof(cpus));
        Id = name;
        _arena = arena;
        _allocator = allocator;
        Canonical = ProgrammeText.Format(this);
        Key = $"{name}:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Canonical)).AsSpan(0, 8))}";
    }

    public override string Id { get; }
    public override string Summary => "a programme that was written";
    public override bool Standard => false;
    public override string Key { get; }
    /// <summary>One for all: names that somebody gives would not fit into a metric.</summary>
    public override string Label => DefaultName;

    public Arena Arena => _arena;
    public Allocator Allocator => _allocator;
    public IReadOnlyList<OpCall> Setup => _setup;
    public IReadOnlyList<IReadOnlyList<OpCall>> Cpus => _cpus;
    /// <summary>The text that <see cref="ProgrammeText"/> reads back; equal programmes have the same.</summary>
    public string Canonical { get; }

    /// <summary>The machine has room for it.</summary>
    public bool Fits(Geometry geometry) =>
        _arena.Cpus <= geometry.MaxCpus && Math.Max(_arena.SystemOrder, _arena.DeviceOrder) <= geometry.LargestOrder && _arena.PmdOrder <= geometry.LargestOrder;

    /// <summary>A programme as it was drawn, or what is left of it, without what does nothing.</summary>
    public static WrittenProgramme Of(Programme programme, string name = DefaultName)
    {
        var cut = new ProgrammeCut(programme.Arena);
        List<OpCall> setup = cut.Setup(programme.Setup);
        return new(name, programme.Arena, programme.DrawnAllocator, setup, Enumerable.Range(0, programme.Arena.Cpus).Select(cpu => cut.Cpu(programme.Cpu(cpu))));
    }

    /// <summary>What a metric calls a workload of this id, which may be a programme's name.</summary>
    public static string LabelOf(string id) => Catalog<Workload>.Find(id) is null ? DefaultName : id;

    public static bool IsName(string text) => text.Length is > 0 and <= MaxNameLength && char.IsAsciiLetterOrDigit(text[0])
        && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_') && Catalog<Workload>.Find(text) is null;

    public override void Compose(Programme programme, Geometry geometry)
    {
        programme.Arena = _arena;
        programme.DrawnAllocator = _allocator;
        programme.Setup.AddRange(_setup);
        for (int cpu = 0; cpu < _cpus.Length; cpu++) programme.Cpu(cpu).AddRange(_cpus[cpu]);
    }
}
