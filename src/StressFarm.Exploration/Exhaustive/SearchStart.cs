using StressFarm.Exploration.Schedules;

namespace StressFarm.Exploration.Exhaustive;

/// <summary>
/// Where a search begins: a programme under a policy on a machine of its own, its set-up done, its CPUs at their first accesses; and how a
/// schedule ends there. The same steps as <see cref="ScheduleRunner"/> takes, one at a time.
/// </summary>
public sealed class SearchStart
{
    private readonly Programme _programme;
    private readonly Policy _policy;
    private readonly ScheduleFrame _frame;

    /// <param name="programme">composed, and not changed while the search lasts</param>
    public SearchStart(Machine machine, Programme programme, Policy policy)
    {
        (Machine, _programme) = (machine, programme);
        _policy = policy.Allocator == Allocator.Seed ? policy with { Allocator = programme.DrawnAllocator } : policy;
        _frame = new ScheduleFrame(machine);
    }

    public Machine Machine { get; }
    public int Cpus => _programme.Arena.Cpus;

    /// <summary>Steps that come before the search: it is then about what can follow them. Steppers' numbers; one that cannot step is passed over.</summary>
    public IReadOnlyList<byte> Prefix { get; init; } = [];

    /// <summary>False when the set-up, or what comes before the search, violates something or leaves nothing to do.</summary>
    public bool Begin()
    {
        Machine.Reset(_programme.Arena, _policy, _programme);
        if (_frame.SetUpViolates(_programme)) return false;
        _frame.Start(_programme);
        Machine.BeginSearch();
        foreach (byte cpu in Prefix)
        {
            if ((Machine.Runnable >> cpu & 1) == 0) continue;
            Step(cpu);
            if (Machine.Violation is not null) return false;
        }
        return true;
    }

    /// <summary>A stepper that can step does so.</summary>
    public void Step(int stepper) => Machine.StepOf(Machine.Steppers[stepper]);

    /// <summary>Nobody can step: the deadlock, or the audits and the teardown. The violation, or null.</summary>
    public Violation? Close()
    {
        Machine.BeginClose();
        // Every page of the arena was laid at boot: which lines were written since makes no difference here.
        if (_frame.AllFinished(_programme)) _frame.EndViolates(_programme, whole: false, drain: true);
        return Machine.Violation;
    }
}
