using System.Runtime.CompilerServices;

namespace StressFarm.Engine;

/// <summary>
/// A CPU as the machine sees it: the call chain it runs, the access it is about to do, and what its steps are counted and stamped by.
/// Also a unit of one, which lets stores out (<see cref="StoreBuffers"/>).
/// </summary>
public partial class StepCpu
{
    /// <summary>Its machine's. A field: awaits go through it.</summary>
    internal readonly StepMachine Engine;

    protected internal StepCpu(StepMachine machine, int number)
    {
        Engine = machine;
        Number = number;
    }

    public int Number { get; }
    /// <summary>The one that runs set-up and teardown.</summary>
    public bool IsSetup => Number == Engine.MaxCpus;

    /// <summary>The next access, named but not yet done; <see cref="AccessKind.None"/> when the CPU has nothing left.</summary>
    public Access Pending;
    /// <summary>What is under way; null in a teardown. Its number in the programme is <see cref="OperationNumber"/>.</summary>
    public EntryPoint? Operation { get; private set; }
    public int OperationNumber
    {
        get => _operationNumber;
        private set
        {
            _operationNumber = value;
            Stamp = WriterStamp.Pack(Number, value, 0);
        }
    }
    private int _operationNumber;
    /// <summary>What a writer's stamp says but for the step.</summary>
    internal uint Stamp;
    /// <summary>Its own steps since its operation began.</summary>
    public int OperationSteps { get; internal set; }
    public bool Finished { get; internal set; }
    /// <summary>Not 0: the observer is told of each of its accesses (<see cref="StepObserver.AfterWatched"/>).</summary>
    internal int Watched;
    /// <summary>The innermost suspended method.</summary>
    internal Frame? Current;
    /// <summary>The outermost one.</summary>
    internal Frame? Root;
    /// <summary>The stamp of the step just taken.</summary>
    internal uint Writer;

    protected internal void Name(AccessKind kind, ushort step, int location, ulong a = 0, ulong b = 0)
    {
        Pending.Kind = kind;
        Pending.StepNumber = step;
        Pending.Location = location;
        Pending.A = a;
        Pending.B = b;
    }

    /// <summary>The innermost method is suspended in this frame: mostly the same as the last time, and storing a reference is not free.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void SuspendIn(Frame frame)
    {
        if (!ReferenceEquals(Current, frame)) Current = frame;
    }

    /// <summary>What runs from here on; null for a teardown.</summary>
    internal void Begin(EntryPoint? operation, int number)
    {
        Operation = operation;
        OperationNumber = number;
        OperationSteps = 0;
    }

    /// <summary>Drops the call chain of a schedule that ended early.</summary>
    private void Abandon()
    {
        for (Frame? frame = Current; frame is not null;)
        {
            Frame? parent = frame.Parent;
            frame.Recycle();
            frame = parent;
        }
        Current = Root = null;
    }

    /// <summary>Nothing runs and nothing ran.</summary>
    internal virtual void Continue()
    {
        Abandon();
        Pending = default;
        Begin(null, 0);
        Finished = true;
        Watched = 0;
        Writer = 0;
    }
}
