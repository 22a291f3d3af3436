namespace StressFarm.Simulation.Tests;

/// <summary>Values of the domains, whatever they are together, stay within the machine.</summary>
public class DomainTests
{
    private const int Rounds = 500, Calls = 60;

    /// <summary>
    /// What calls in no order that makes sense do may well violate an invariant: boot allocates in the midst of things, DAX maps
    /// memory that is not of its type. What they may not do is leave the arrays of the machine.
    /// </summary>
    [Fact]
    public void Any_values_of_the_domains_can_be_run()
    {
        var random = new Pcg(1, stream: 1);
        Operation[] all = [.. Catalog<Operation>.All];
        var stepped = new HashSet<string>(StringComparer.Ordinal);
        for (int round = 0; round < Rounds; round++)
        {
            Arena arena = Draw(ref random, round % 3);
            var machine = new Machine(new Geometry(64, 2));
            var programme = new Programme { Arena = arena };
            machine.Reset(arena, Policy.Control, programme);
            string history = $"{arena}:";
            for (int i = 0; i < Calls && machine.Violation is null && (machine.Cpus[0].Finished || i == 0); i++)
            {
                if (Draw(ref random, all[random.Below(all.Length)], arena) is not { } call) continue;
                history += $"\n{call}";
                Exception? thrown = Record.Exception(() => Run(machine, programme, call));
                Assert.True(thrown is null, $"{history}\n{thrown}");
                if (machine.Cpus[0].OperationSteps > 0) stepped.Add(call.Operation.Id);
            }
        }
        // The last is for a known bug only.
        Assert.Equal(["page_rmappable_folio"], Catalog<Operation>.Ids.Except(stepped));
    }

    private static Arena Draw(ref Pcg random, int kind) => kind switch
    {
        // Below a PMD order of 2 the slots of DAX entries have no page table.
        0 => new(2, random.Between(3, 5), random.Between(-1, 5), random.Between(2, 4), Memcgs: random.Between(1, 2)),
        1 => new(2, 4, random.Between(-1, 5), 2, SectionOrder: 2),
        _ => new(2, random.Between(3, 5), -1, 3, HugeOrder: 3, VmemmapOrder: 2),
    };

    /// <summary>A call with values from anywhere, or mostly from the low ones, where calls meet; null where there is no value.</summary>
    private static OpCall? Draw(ref Pcg random, Operation operation, in Arena arena)
    {
        Span<int> values = stackalloc int[OpCall.Capacity];
        values.Clear();
        foreach (Parameter parameter in operation.Parameters)
        {
            int[] domain = [.. parameter.Domain.In(arena).All];
            if (domain.Length == 0) return null;
            values[parameter.Index] = domain[random.Below(random.OneIn(3) ? domain.Length : Math.Min(2, domain.Length))];
        }
        return new OpCall(operation, values[0], values[1], values[2], values[3], values[4], values[5]);
    }

    private static void Run(Machine machine, Programme programme, OpCall call)
    {
        Cpu cpu = machine.Cpus[0];
        programme.Cpu(0).Clear();
        programme.Cpu(0).Add(call);
        machine.Start(cpu, ProgrammeRun.Run(cpu, programme.Cpu(0)));
        for (int steps = 0; steps < 20000 && !cpu.Finished && machine.Violation is null && (machine.Runnable & 1) != 0; steps++) machine.Step(cpu);
    }

    [Fact]
    public void A_flag_set_has_any_of_its_flags()
    {
        var domain = new FlagSetDomain<GupFlags>("flags", GupFlags.Pin | GupFlags.LongTerm);
        Assert.Equal([0, 2, 8, 10], domain.In(default).All);
        Assert.Equal(["none", "pin", "long-term", "pin|long-term"], domain.In(default).All.Select(domain.Format));
        Assert.True(domain.TryParse("long-term|pin", out int both));
        Assert.Equal(10, both);
        Assert.False(domain.TryParse("pin|write", out _));
        Assert.False(domain.In(default).Contains((int)GupFlags.Write));
    }

    [Fact]
    public void Of_what_an_arena_has_not_there_is_no_value()
    {
        var bare = new Arena(1, 4, -1, 3);
        foreach (Domain domain in new[] { Domain.DevicePage, Domain.DevicePages, Domain.DeviceOrder, Domain.Section }) Assert.True(domain.In(bare).IsEmpty, domain.Name);
        foreach (Domain domain in new[] { Domain.Mm, Domain.Slot, Domain.Pfn, Domain.Order, Domain.Handle, Domain.Memcg }) Assert.False(domain.In(bare).IsEmpty, domain.Name);
    }
}
