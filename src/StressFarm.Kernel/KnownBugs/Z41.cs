namespace StressFarm.Kernel.KnownBugs;

/// <summary>Z41.</summary>
public sealed class Z41 : KnownBug
{
    public override string Id => "Z41";
    public override string Title => "mm/zone_device: reinitialize large zone device private folios";
    public override string Source => "12b2285bf3d14372238d36215b73af02ac3bdfc1, fixes d245f9b4ab80";
    public override string Mechanism => "nothing resets the pages of a freed large folio: a small folio carved from it is still a tail, so its lock, its put and its pgmap are those of the old head";
    public override IReadOnlyList<string> Invariants => ["I43", "I01", "I57"];
    public override string Workload => "device-private-reinit";
    public override Policy Plant(Policy policy) => policy with { Dpm = Dpm.None };
}
