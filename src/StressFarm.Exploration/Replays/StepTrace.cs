namespace StressFarm.Exploration.Replays;

/// <summary>Which part of a schedule a step belongs to.</summary>
public enum TracePart : byte { Setup, Concurrent, Teardown }

/// <summary>One access of a recorded run.</summary>
/// <param name="Location">word index, or half index when <paramref name="IsHalf"/>; <see cref="StepMachine.NoWord"/> for none</param>
/// <param name="Old">the value before; 0 for reads</param>
/// <param name="Value">the value after, or the value read</param>
/// <param name="IsRaw">a further word of the burst recorded before it: not a step of its own</param>
public readonly record struct TracedStep(
    int Cpu, string Operation, int OperationNumber, Step Step, AccessKind Kind, int Location, bool IsHalf,
    ulong Old, ulong Value, TracePart Part, bool IsRaw)
{
    public bool Writes => Kind is not (AccessKind.None or AccessKind.Load or AccessKind.Load32 or AccessKind.Fence or AccessKind.Yield)
        && !(Kind is AccessKind.TryLock or AccessKind.CmpXchg32 or AccessKind.AddUnlessZero32 && Old == Value);

    /// <summary>Reads or writes this half.</summary>
    public bool Touches(int half) => Location >= 0 && (IsHalf ? Location == half : Location == half >> 1);

    /// <summary>A value of this access as seen in one half.</summary>
    public uint In(int half, ulong value) => IsHalf ? (uint)value : (uint)(value >> ((half & 1) * 32));
}

/// <summary>Records every access of a run, to explain it. Allocates: for replays only.</summary>
public sealed class StepTrace : ITrace
{
    private readonly List<TracedStep> _steps = [];
    private bool _concurrent;

    public IReadOnlyList<TracedStep> Steps => _steps;

    public void Record(StepCpu cpu, in Access access, ulong old, ulong value) =>
        Add(cpu, access.Step, access.Kind, access.Location, access.IsHalf, old, value, raw: false);

    public void RecordRaw(StepCpu cpu, Word word, ulong old, ulong value) =>
        Add(cpu, _steps.Count == 0 ? Step.None : _steps[^1].Step, AccessKind.Store, word.Index, half: false, old, value, raw: true);

    private void Add(StepCpu cpu, Step step, AccessKind kind, int location, bool half, ulong old, ulong value, bool raw)
    {
        bool setupCpu = cpu.IsSetup;
        if (!setupCpu) _concurrent = true;
        TracePart part = !setupCpu ? TracePart.Concurrent
            : _concurrent || cpu.Operation is null ? TracePart.Teardown : TracePart.Setup;
        string operation = cpu.Operation?.Id ?? (cpu.Number >= StepMachine.FirstUnit ? "visibility" : "teardown");
        _steps.Add(new TracedStep(cpu.Number, operation, cpu.OperationNumber, step, kind, location, half, old, value, part, raw));
    }
}
