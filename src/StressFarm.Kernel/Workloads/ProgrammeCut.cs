namespace StressFarm.Kernel.Workloads;

/// <summary>
/// A drawn programme as one that can be written: draws may go beyond the arena, where an operation cuts them or does nothing,
/// and may want a handle that nothing ever fills. What does nothing is left out, so the steps stay what they were.
/// </summary>
internal sealed class ProgrammeCut(Arena arena)
{
    private uint _setupHandles;

    public List<OpCall> Setup(IEnumerable<OpCall> calls) => Cut(calls, ref _setupHandles);

    /// <summary>The calls of one CPU, after those of the set-up.</summary>
    public List<OpCall> Cpu(IEnumerable<OpCall> calls)
    {
        uint handles = 0;
        return Cut(calls, ref handles);
    }

    private List<OpCall> Cut(IEnumerable<OpCall> calls, ref uint handles)
    {
        var left = new List<OpCall>();
        foreach (OpCall call in calls)
        {
            if (Within(call) is not { } within || !HasHandle(within, ref handles)) continue;
            left.Add(within);
        }
        return left;
    }

    /// <summary>The call with values that there are; null when it does nothing.</summary>
    private OpCall? Within(OpCall call)
    {
        foreach (Parameter parameter in call.Operation.Parameters)
        {
            int value = call[parameter];
            Values values = parameter.Domain.In(arena);
            if (values.Contains(value)) continue;
            if (values.IsEmpty || ReferenceEquals(parameter.Domain, Domain.Pfn) || value < values.Low || IsOrder(parameter) && call.Operation is not AnonFault) return null;
            call = call.With(parameter, ReferenceEquals(parameter.Domain, Domain.Memcg) || ReferenceEquals(parameter.Domain, Domain.Section) ? value % (values.High + 1) : values.High);
        }
        return call;
    }

    /// <summary>What is larger than the memory is not there to be had; a fault takes less.</summary>
    private static bool IsOrder(Parameter parameter) => ReferenceEquals(parameter.Domain, Domain.Order) || ReferenceEquals(parameter.Domain, Domain.DeviceOrder);

    /// <summary>Something may lie in the handle that it wants.</summary>
    private bool HasHandle(OpCall call, ref uint handles)
    {
        foreach (Parameter parameter in call.Operation.Parameters)
        {
            if (!parameter.IsHandle || call[parameter] < 0) continue;
            uint bit = 1u << call[parameter];
            if (parameter.Fills) handles |= bit;
            else return ((call.Operation.WantsSetupHandle(call) ? _setupHandles : handles) & bit) != 0;
        }
        return true;
    }
}
