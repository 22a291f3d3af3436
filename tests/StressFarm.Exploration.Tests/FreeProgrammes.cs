namespace StressFarm.Exploration.Tests;

/// <summary>Programmes that nobody composed: any operations that may stand together, with any arguments that there are.</summary>
internal sealed class FreeProgrammes
{
    private static readonly Arena[] s_arenas =
    [
        new(2, 4, -1, 3), new(3, 4, -1, 2, Memcgs: 2), new(2, 4, 3, 2), new(2, 5, 3, 3), new(2, 4, 2, 2, SectionOrder: 2),
        new(2, 5, 3, 3, SectionOrder: 3), new(2, 4, -1, 3, HugeOrder: 3, VmemmapOrder: 2), new(2, 3, -1, 3, HugeOrder: 3, VmemmapOrder: 2),
    ];

    private static readonly Operation[] s_operations = [.. Catalog<Operation>.All];
    private const int Tries = 40;

    private Pcg _random;

    public FreeProgrammes(ulong seed) => _random = new Pcg(seed, stream: 77);

    public WrittenProgramme Next()
    {
        Arena arena = s_arenas[_random.Below(s_arenas.Length)];
        var contract = new ProgrammeContract(arena);
        bool device = arena.DeviceOrder >= 0, dax = device && arena.PmdOrder == 3 && !arena.Hotplug && _random.OneIn(2);
        List<OpCall> setup = [];
        if (dax) Take(contract, setup, DaxMount.Call(), true);
        if (device) Take(contract, setup, DeviceCarve.Call(order: Math.Min(arena.PmdOrder, arena.DeviceOrder), count: 1), true);
        for (int i = _random.Below(5); i > 0; i--) Add(contract, setup, arena, true);
        var cpus = new List<OpCall>[arena.Cpus];
        for (int cpu = 0; cpu < cpus.Length; cpu++)
        {
            cpus[cpu] = [];
            for (int i = 1 + _random.Below(4); i > 0; i--) Add(contract, cpus[cpu], arena, false);
        }
        return new WrittenProgramme("free", arena, _random.OneIn(4) ? Allocator.Lifo : Allocator.Buddy, setup, cpus);
    }

    private void Add(ProgrammeContract contract, List<OpCall> calls, in Arena arena, bool setup)
    {
        for (int i = 0; i < Tries; i++)
            if (Draw(arena) is { } call && Take(contract, calls, call, setup)) return;
    }

    private static bool Take(ProgrammeContract contract, List<OpCall> calls, OpCall call, bool setup)
    {
        if (contract.Add(call, setup).Length != 0) return false;
        calls.Add(call);
        return true;
    }

    private OpCall? Draw(in Arena arena)
    {
        Operation operation = s_operations[_random.Below(s_operations.Length)];
        Span<int> values = stackalloc int[OpCall.Capacity];
        values.Clear();
        for (int i = 0; i < operation.Parameters.Count; i++)
        {
            Parameter parameter = operation.Parameters[i];
            Values there = parameter.Domain.In(arena);
            if (there.IsEmpty) return null;
            // Few handles and few places, so that calls meet.
            int high = parameter.IsHandle ? 2 : parameter.Domain == Domain.Mm ? 2 : parameter.Name == "rounds" ? 1 : _random.OneIn(8) ? there.High : 7;
            int value = there.Low + _random.Below(Math.Min(there.High, high) - there.Low + 1);
            values[i] = there.Contains(value) ? value : there.Low;
        }
        return new OpCall(operation, values[0], values[1], values[2], values[3], values[4], values[5]);
    }
}
