namespace StressFarm.Engine;

/// <summary>A moment between two steps, to which a machine can be led back while its log lasts; filled again and again.</summary>
public class StepMark
{
    internal StepLog.Mark Log;
    internal int Frames;
    internal long Steps;
    internal ulong Digest;
    internal uint Waiting, Runnable;
    /// <summary>Whose step follows, and changes no other CPU; -1 where any may run.</summary>
    internal int Stepper;
    internal StepCpuFields[] Cpus = [];
    internal EditState[] Edits = [];
    internal readonly StoreBuffersMark Buffers = new();
}

/// <summary>What a CPU is in the middle of, but for its suspended methods.</summary>
internal struct StepCpuFields
{
    public Access Pending;
    public EntryPoint? Operation;
    public int OperationNumber, OperationSteps, Watched;
    public bool Finished;
    public uint Writer;
    public Frame? Current, Root;
}

public partial class StepCpu
{
    internal void Save(ref StepCpuFields to)
    {
        (to.Pending, to.Operation, to.OperationNumber, to.OperationSteps) = (Pending, Operation, OperationNumber, OperationSteps);
        (to.Watched, to.Finished, to.Writer, to.Current, to.Root) = (Watched, Finished, Writer, Current, Root);
    }

    internal void Load(in StepCpuFields from)
    {
        (Pending, Operation, OperationNumber, OperationSteps) = (from.Pending, from.Operation, from.OperationNumber, from.OperationSteps);
        (Watched, Finished, Writer, Current, Root) = (from.Watched, from.Finished, from.Writer, from.Current, from.Root);
    }

    /// <summary><see cref="Finished"/>, where what runs on another CPU asks.</summary>
    protected internal bool IsSeenFinished
    {
        get
        {
            if (StepLog.IsKept) Engine.Words.Log?.Finished(Number, changed: false);
            return Finished;
        }
    }

    /// <summary>Where it is: what it has named, and every method that is suspended. Steps that it has taken are no part of a state.</summary>
    internal void AddTo(ref StateHash hash)
    {
        hash.Add((ulong)OperationNumber << 1 | (Finished ? 1UL : 0));
        hash.Add((ulong)Watched);
        if (Finished) return;
        AddTo(ref hash, in Pending);
        for (Frame? frame = Current; frame is not null; frame = frame.Parent) hash.Fold(frame.Key);
    }

    internal static void AddTo(ref StateHash hash, in Access access)
    {
        hash.Add((ulong)access.Kind << 48 | (ulong)access.StepNumber << 32 | (uint)access.Location);
        hash.Add(access.A);
        hash.Add(access.B);
    }
}

/// <summary>How a machine is led back to earlier moments of a run, and what its state is known by: for whoever goes through all of them.</summary>
public abstract partial class StepMachine
{
    private readonly FrameLog _frameLog = new();

    /// <summary>Of the run, where it keeps one.</summary>
    protected StepLog? Log { get; private set; }

    /// <summary>From here on what happens is logged, until the next run.</summary>
    protected void BeginLog(StepLog log)
    {
        log.Reset();
        _frameLog.Reset(Frames);
        // What a box was known by in an earlier search is not what it holds now.
        foreach (StepCpu cpu in AllCpus)
            for (Frame? frame = cpu.Current; frame is not null; frame = frame.Parent) frame.Renew();
        (Log, _memory.Log, Frames.Log) = (log, log, _frameLog);
        LookForWatchers();
    }

    private void EndLog()
    {
        if (Log is null) return;
        _frameLog.Reset(Frames);
        (Log, _memory.Log, Frames.Log) = (null, null, null);
    }

    /// <summary>A step whose reads and writes are noted.</summary>
    protected void StepNoted(StepCpu cpu)
    {
        Log!.BeginStep();
        Step(cpu);
        Log.EndStep();
    }

    /// <param name="stepper">whose step follows; -1 where any may run</param>
    protected void Keep(StepMark mark, int stepper)
    {
        mark.Log = Log!.Here;
        mark.Frames = _frameLog.Count;
        (mark.Steps, mark.Digest, mark.Waiting, mark.Runnable) = (Steps, Digest, _waiting, _runnable);
        mark.Stepper = stepper;
        _buffers?.Save(mark.Buffers);
        if (stepper >= FirstUnit) return;
        (int first, int count) = Kept(stepper);
        if (mark.Cpus.Length < count) mark.Cpus = new StepCpuFields[count];
        for (int i = 0; i < count; i++) AllCpus[first + i].Save(ref mark.Cpus[i]);
        if (_edits is null) return;
        if (mark.Edits.Length < count) mark.Edits = [.. Enumerable.Range(0, count).Select(_ => new EditState())];
        for (int i = 0; i < count; i++) mark.Edits[i].CopyFrom(_editStates[first + i]);
    }

    /// <summary>The machine is again what it was at a mark of this run, of which none before has been undone since.</summary>
    protected void Undo(StepMark mark)
    {
        Log!.Undo(in mark.Log);
        _frameLog.Undo(mark.Frames);
        (Steps, Digest, _waiting, _runnable) = (mark.Steps, mark.Digest, mark.Waiting, mark.Runnable);
        _buffers?.Load(mark.Buffers);
        _touchedCount = 0;
        _observer.Reset();
        if (mark.Stepper >= FirstUnit) return;
        (int first, int count) = Kept(mark.Stepper);
        for (int i = 0; i < count; i++) AllCpus[first + i].Load(in mark.Cpus[i]);
        if (_edits is null) return;
        for (int i = 0; i < count; i++) _editStates[first + i].CopyFrom(mark.Edits[i]);
    }

    private (int First, int Count) Kept(int stepper) => stepper < 0 ? (0, AllCpus.Length) : (stepper, 1);

    /// <summary>Where a CPU is, what edits remember of its accesses, and the stores that others do not see yet.</summary>
    protected void AddCpuTo(ref StateHash hash, int cpu)
    {
        AllCpus[cpu].AddTo(ref hash);
        if (_edits is not null) _editStates[cpu].AddTo(ref hash);
        _buffers?.AddTo(ref hash, cpu);
    }

    /// <summary>Every word of the memory, as the log's sum counts them: from nothing, to be compared with what the log has come to.</summary>
    protected void SumWords(ref StateSum sum)
    {
        for (int word = 0; word < _memory.WordCount; word++) sum.Add(StepLog.Words, word, _memory.Now(word));
    }
}
