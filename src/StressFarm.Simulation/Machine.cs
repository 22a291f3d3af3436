namespace StressFarm.Simulation;

/// <summary>
/// The simulated machine, put together: the kernel's state, who judges it, and the programme it runs. The only place where those who
/// act and those who judge meet.
/// </summary>
public sealed class Machine : KernelMachine
{
    public Machine(Geometry geometry) : base(geometry)
    {
        Judge = new Judge(this) { OperationName = OperationName };
        Build(Judge);
    }

    private string OperationName(int cpu, int number) =>
        (cpu == SetupCpu.Number ? Programme?.SetupName(number) : Programme?.OperationName(cpu, number)) ?? "";

    public Judge Judge { get; }
    public Programme? Programme { get; private set; }
    /// <summary>The first violation; the schedule ends there.</summary>
    public Violation? Violation => Judge.First;

    /// <summary>Pristine memory, an arena, a policy, and the programme's operations waiting at their first access.</summary>
    public void Reset(Arena arena, Policy policy, Programme? programme)
    {
        Programme = programme;
        Reset(arena, policy);
    }

    /// <summary>Holes everywhere; whoever calls lays the memory.</summary>
    internal new void Clear(Arena arena, Policy policy)
    {
        Programme = null;
        base.Clear(arena, policy);
    }

    /// <summary>The next schedule on the memory that the last one left: see <see cref="KernelMachine.Continue"/>.</summary>
    public void Continue(Arena arena, Policy policy, Programme? programme)
    {
        Continue(arena, policy);
        Programme = programme;
    }
}
