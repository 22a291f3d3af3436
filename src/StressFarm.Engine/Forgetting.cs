namespace StressFarm.Engine;

/// <summary>What a log does not note of a step, for tests: a search that goes by such a log misses something, or did not need it.</summary>
internal sealed class Forgetting(int places)
{
    /// <summary>By place: it is never noted.</summary>
    public bool[] Places { get; } = new bool[places];
    /// <summary>That a store which was let out is seen otherwise by others.</summary>
    public bool Shown { get; set; }
    /// <summary>What is touched now.</summary>
    public bool Now { get; set; }
    /// <summary>What was left out since whoever reads it cleared it.</summary>
    public List<int> LeftOut { get; } = [];

    public bool Takes(int place)
    {
        if (!Now && !Places[place]) return false;
        LeftOut.Add(place);
        return true;
    }
}
