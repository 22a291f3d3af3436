using System.Runtime.CompilerServices;

namespace StressFarm.Exploration.Schedules;

/// <summary>How a schedule ended.</summary>
public enum ScheduleEnd : byte
{
    /// <summary>Quiescent, torn down and audited.</summary>
    Done,
    /// <summary>At its first violation.</summary>
    Violated,
    /// <summary>At the step limit: neither clean nor violated.</summary>
    Cut,
}

/// <summary>What one schedule came to.</summary>
public readonly record struct ScheduleResult(ScheduleEnd End, long Steps, ulong Digest);

/// <summary>
/// Runs schedules on one machine: set-up, the CPUs' programmes under a strategy, audit, teardown, audit. A pure function of
/// (model, policy, programme, strategy, seed).
/// </summary>
public sealed class ScheduleRunner(Machine machine)
{
    /// <summary>I57's B: a CPU's own steps in one operation, counted under fair strategies only.</summary>
    public const int OperationStepBound = 10_000;
    /// <summary>Steps of a schedule after which an unfair strategy is cut short.</summary>
    public const int ScheduleStepLimit = 200_000;

    private byte[] _choices = new byte[4096];
    private int _choiceCount;
    private Policy? _policy;
    private Policy? _policyLifo;
    private Policy? _policyBuddy;

    public Machine Machine => machine;
    /// <summary>The CPU chosen at each concurrent step of the last schedule.</summary>
    public IReadOnlyList<byte> Choices => new ArraySegment<byte>(_choices, 0, _choiceCount);
    /// <summary>Concurrent steps of the last schedule.</summary>
    public int ChoiceCount => _choiceCount;
    /// <summary>Every Nth schedule gets a whole-section audit; others audit what was written.</summary>
    public int WholeAuditEvery { get; init; } = 1024;

    /// <summary>Runs a composed programme.</summary>
    /// <param name="seed">seed of the choice stream; also decides whether the audit is a whole one</param>
    public ScheduleResult Run(Programme programme, Policy policy, Strategy strategy, ulong seed) =>
        Run(programme, policy, strategy, seed, AuditsWhole(seed));

    /// <summary>Whether a seed's schedule ends in a whole-section audit.</summary>
    public bool AuditsWhole(ulong seed) => WholeAuditEvery > 0 && seed % (ulong)WholeAuditEvery == 0;

    /// <summary>Runs a composed programme.</summary>
    /// <param name="choiceSeed">seed of the choice stream</param>
    /// <param name="whole">audit every page of the section</param>
    public ScheduleResult Run(Programme programme, Policy policy, Strategy strategy, ulong choiceSeed, bool whole)
    {
        machine.Reset(programme.Arena, Resolve(policy, programme.DrawnAllocator), programme);
        return Execute(programme, strategy, choiceSeed, whole, drain: true);
    }

    /// <summary>
    /// Runs a composed programme on the memory that the last schedule left, or that was restored. The memory keeps its size,
    /// whatever arena the programme drew.
    /// </summary>
    /// <param name="whole">audit every page, and once more after the teardown</param>
    /// <param name="drain">false leaves free pages on the lists of the CPUs that ran</param>
    public ScheduleResult Continue(Programme programme, Policy policy, Strategy strategy, ulong choiceSeed, bool whole, bool drain)
    {
        Arena arena = programme.Arena.Resized(machine.Arena.SystemOrder, machine.Arena.DeviceOrder);
        machine.Continue(arena, Resolve(policy, programme.DrawnAllocator), programme);
        ScheduleResult result = Execute(programme, strategy, choiceSeed, whole, drain);
        if (!whole || result.End != ScheduleEnd.Done) return result;
        machine.Judge.Audit(whole: true);
        return machine.Violation is null ? result : Result(ScheduleEnd.Violated);
    }

    private ScheduleResult Execute(Programme programme, Strategy strategy, ulong choiceSeed, bool whole, bool drain)
    {
        _choiceCount = 0;
        try
        {
            if (_frame.SetUpViolates(programme)) return Result(ScheduleEnd.Violated);
            strategy.Begin(choiceSeed, machine);
            _frame.Start(programme);
            if (!RunTogether(programme, strategy)) return Result(machine.Violation is null ? ScheduleEnd.Cut : ScheduleEnd.Violated);
            return Result(_frame.EndViolates(programme, whole, drain) ? ScheduleEnd.Violated : ScheduleEnd.Done);
        }
        catch
        {
            machine.Discard();
            throw;
        }
    }

    /// <summary>The policy with the allocator the seed drew, where it leaves that to the seed. Kept, since a record is an allocation.</summary>
    private Policy Resolve(Policy policy, Allocator drawn)
    {
        if (policy.Allocator != Allocator.Seed) return policy;
        if (!ReferenceEquals(policy, _policy))
        {
            _policy = policy;
            _policyLifo = policy with { Allocator = Allocator.Lifo };
            _policyBuddy = policy with { Allocator = Allocator.Buddy };
        }
        return drawn == Allocator.Lifo ? _policyLifo! : _policyBuddy!;
    }

    private ScheduleResult Result(ScheduleEnd end) => new(end, machine.Steps, machine.Digest);

    private readonly ScheduleFrame _frame = new(machine);

    /// <summary>True when every CPU finished.</summary>
    private bool RunTogether(Programme programme, Strategy strategy)
    {
        Strategy drawing = strategy.Drawing;
        drawing.Runner = this;
        if (machine.Runnable != 0) machine.Run(Note(drawing.Next(machine)), drawing);
        return machine.Violation is null && machine.Runnable == 0 && _frame.AllFinished(programme);
    }

    /// <summary>Nobody steps any more. To be asked when the machine is no longer quiet.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal bool IsOver(Strategy strategy, StepCpu stepped)
    {
        if (machine.Violation is null && strategy.Fair && stepped.OperationSteps > OperationStepBound)
            machine.Judge.Hear(MomentKind.StepBound, stepped, -1, Ghost.NoObject);
        return machine.Violation is not null || _choiceCount > ScheduleStepLimit || machine.Runnable == 0;
    }

    /// <summary>A choice is made.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int Note(int next)
    {
        byte[] choices = _choices;
        int count = _choiceCount++;
        if ((uint)count < (uint)choices.Length) choices[count] = (byte)next;
        else AddChoice(next);
        return next;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AddChoice(int next)
    {
        Array.Resize(ref _choices, _choices.Length * 2);
        _choices[_choiceCount - 1] = (byte)next;
    }
}
