namespace StressFarm.Exploration.Exhaustive;

/// <summary>
/// A CPU where it is, with what it has for itself; what its next step was seen to read and write, wherever the others were; and what it may read and
/// write from here to its end, as far as that is known.
/// </summary>
internal sealed class Local
{
    public PlaceSet NextReads = new(), NextWrites = new();
    /// <summary>From here on: what it may write, and what it may read or write.</summary>
    public PlaceSet LaterWrites = new(), LaterTouches = new();
    private readonly List<Local> _next = [];

    public long Bytes => 120 + NextReads.Bytes + NextWrites.Bytes + LaterWrites.Bytes + LaterTouches.Bytes + _next.Capacity * 8;

    /// <summary>True when it was not known that a step leads there.</summary>
    public bool Leads(Local to)
    {
        if (_next.Contains(to)) return false;
        _next.Add(to);
        return true;
    }

    /// <summary>What comes next comes later too, and what comes later from where that leads. True when something was not known.</summary>
    public bool Gather()
    {
        bool grew = LaterWrites.AddAll(in NextWrites) | LaterTouches.AddAll(in NextWrites) | LaterTouches.AddAll(in NextReads);
        foreach (Local to in _next) grew |= LaterWrites.AddAll(in to.LaterWrites) | LaterTouches.AddAll(in to.LaterTouches);
        return grew;
    }

    /// <summary>The next step here and a step of another from there on may not be exchanged.</summary>
    /// <remarks>Where nothing has been learned yet anything may be: otherwise a search that comes there would first have to be wrong to learn it.</remarks>
    public bool Disturbs(Local other) => NextWrites.Meets(in other.LaterTouches) || NextReads.Meets(in other.LaterWrites);
}
