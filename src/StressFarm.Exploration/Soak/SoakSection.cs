using System.Globalization;

namespace StressFarm.Exploration.Soak;

/// <summary>
/// One memory section that goes on: its schedules run one after another, each on the memory that the former one left. An epoch
/// is a fixed count of them.
/// </summary>
/// <param name="Cell">the cell as the campaign has it</param>
/// <param name="Number">of the section among those of its cell</param>
/// <param name="FirstSeed">of its first schedule</param>
/// <param name="Schedules">of an epoch</param>
public sealed record SoakSection(Cell Cell, int Number, ulong FirstSeed, int Schedules)
{
    /// <summary>Seeds that a section has for itself, so that no two sections of a cell share one: a century at full speed.</summary>
    public const ulong Seeds = 1UL << 44;

    /// <summary>The section of this number, in a campaign whose first seed is <paramref name="firstSeed"/>.</summary>
    public static SoakSection Of(Cell cell, int number, ulong firstSeed, int schedules) =>
        new(cell, number, firstSeed + (ulong)number * Seeds, schedules);

    public ulong FirstSeedOf(long epoch) => FirstSeed + (ulong)epoch * (ulong)Schedules;

    /// <summary>Whether a seed's schedule drains the per-CPU lists when it ends; one in two leaves them to the next.</summary>
    public static bool Drains(ulong seed) => (Pcg.Mix(seed) & 1) == 0;

    /// <summary>What names it where a cell's name does not do.</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"section {Number}");
}

/// <summary>
/// What stays the same for all the schedules of a section: the size of its memory, whether its parts can be taken away, and the
/// driver's allocator, drawn once from its first seed. Everything else is drawn for each schedule.
/// </summary>
/// <param name="Cell">the section's cell with these parameters fixed</param>
/// <param name="Arena">its memory</param>
public sealed record SectionLife(Cell Cell, Arena Arena)
{
    /// <summary>Programmes looked at to learn how much device memory the workload wants: some draw it with other things.</summary>
    private const ulong Sample = 64;
    /// <summary>One section in so many has the driver's LIFO allocator, when the policy leaves it to the seed.</summary>
    private const int LifoEvery = 4;

    public static SectionLife Of(SoakSection section, Programme programme)
    {
        Cell cell = section.Cell;
        var parameters = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var (name, value) in cell.FixedParameters) parameters[name] = value;
        // A section of thousands of pages would be a section of bursts; its tails are to be stepped one by one.
        parameters["order-9"] = 0;
        parameters.TryAdd("lifo", section.Number % LifoEvery == LifoEvery - 1 ? 1 : 0);
        programme.Compose(cell.Workload, cell.Geometry, section.FirstSeed, parameters);
        // Where a workload is made of others, its own come first.
        ReadOnlySpan<(string Name, int Value)> drawn = programme.Shape.Parameters;
        for (int i = drawn.Length - 1; i >= 0; i--)
            if (drawn[i].Name is "system-order" or "device-order" or "hotplug") parameters[drawn[i].Name] = drawn[i].Value;
        int system = 0, device = -1;
        for (ulong i = 0; i < Sample; i++)
        {
            programme.Compose(cell.Workload, cell.Geometry, section.FirstSeed + i, parameters);
            system = Math.Max(system, programme.Arena.SystemOrder);
            device = Math.Max(device, programme.Arena.DeviceOrder);
        }
        return new(cell with { FixedParameters = parameters }, new Arena(1, 0, -1, 0, SectionOrder: programme.Arena.SectionOrder).Resized(system, device));
    }
}
