namespace StressFarm.Kernel.Workloads;

/// <summary>Whether a programme keeps to what its operations take for granted: what came of one that does not would be no finding.</summary>
public sealed class ProgrammeContract(Arena arena)
{
    private readonly List<OpCall> _calls = [];
    private bool _carved, _mounted;

    /// <summary>Takes one more call, the set-up's first; why it must not be there, or an empty text.</summary>
    public string Add(OpCall call, bool setup)
    {
        Premises premises = call.Operation.PremisesOf(call);
        string id = call.Operation.Id;
        if ((premises & Premises.SetupOnly) != 0 && !setup) return $"'{call}' is for the set-up, where nobody else runs: move it there";
        if (PremiseRules.Lack(premises, arena) is { Length: > 0 } lack) return $"{id} needs {lack}";
        if (PremiseRules.WrongMm(call, premises, arena) is { Length: > 0 } mm) return $"{id}: {mm}";
        foreach (OpCall other in _calls)
            if (PremiseRules.Conflict(premises, other.Operation.PremisesOf(other)) is { Length: > 0 } why) return $"{id} is not for a programme with {other.Operation.Id}: {why}";
        if (call.Operation is DeviceCarve)
        {
            if (_carved) return $"{id} comes twice: a driver starts once";
            if (_calls.Exists(c => c.Operation is not DaxMount && PremiseRules.AboutDevice(c.Operation.PremisesOf(c))))
                return $"{id} comes too late: a driver starts while all its memory is free";
            _carved = true;
        }
        if (call.Operation is DaxMount)
        {
            if (_calls.Exists(c => PremiseRules.AboutDevice(c.Operation.PremisesOf(c)))) return $"{id} comes too late: let it be the first that is about device memory";
            _mounted = true;
        }
        else if ((premises & Premises.FsDax) != 0 && !_mounted) return $"{id} needs memremap_pages (fs-dax) in the set-up, before it";
        _calls.Add(call);
        return "";
    }

    /// <summary>The first call that must not be there, as a line; empty when all may.</summary>
    public static string Broken(in Arena arena, IEnumerable<OpCall> setup, IEnumerable<IEnumerable<OpCall>> cpus)
    {
        var contract = new ProgrammeContract(arena);
        foreach (OpCall call in setup)
            if (contract.Add(call, setup: true) is { Length: > 0 } why) return why;
        foreach (OpCall call in cpus.SelectMany(c => c))
            if (contract.Add(call, setup: false) is { Length: > 0 } why) return why;
        return "";
    }
}
