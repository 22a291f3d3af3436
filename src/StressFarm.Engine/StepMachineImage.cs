namespace StressFarm.Engine;

/// <summary>What a CPU is in the middle of, as it was. Never changed once taken.</summary>
internal sealed class StepCpuImage
{
    public required Access Pending { get; init; }
    public required EntryPoint? Operation { get; init; }
    public required int OperationNumber { get; init; }
    public required int OperationSteps { get; init; }
    public required bool Finished { get; init; }
    public required int Watched { get; init; }
    public required uint Writer { get; init; }
    public required Frame? Current { get; init; }
    public required Frame? Root { get; init; }
    public required FrameImage[] Frames { get; init; }
}

/// <summary>A machine as it was between two steps; filled again and again.</summary>
public class StepMachineImage
{
    internal readonly MemoryImage Memory = new();
    internal StepCpuImage[] Cpus = [];
    internal EditState[] Edits = [];
    internal long Steps;
    internal ulong Digest;
    internal uint Waiting, Runnable;
}

public partial class StepCpu
{
    private StepCpuImage Save()
    {
        int count = 0;
        for (Frame? frame = Current; frame is not null; frame = frame.Parent) count++;
        var frames = new FrameImage[count];
        count = 0;
        for (Frame? frame = Current; frame is not null; frame = frame.Parent) frames[count++] = frame.Save();
        return new StepCpuImage
        {
            Pending = Pending,
            Operation = Operation,
            OperationNumber = OperationNumber,
            OperationSteps = OperationSteps,
            Finished = Finished,
            Watched = Watched,
            Writer = Writer,
            Current = Current,
            Root = Root,
            Frames = frames,
        };
    }

    /// <summary>Taken once between two steps of this CPU, whoever else steps meanwhile.</summary>
    internal StepCpuImage Image => _image ??= Save();
    private StepCpuImage? _image;

    /// <summary>A step of this CPU begins.</summary>
    internal void Outdate() => _image = null;

    internal void Load(StepCpuImage image)
    {
        _image = image;
        Pending = image.Pending;
        (Operation, OperationNumber, OperationSteps) = (image.Operation, image.OperationNumber, image.OperationSteps);
        (Finished, Watched, Writer) = (image.Finished, image.Watched, image.Writer);
        (Current, Root) = (image.Current, image.Root);
        foreach (FrameImage frame in image.Frames) frame.Load();
    }

    /// <summary>Where it is: what it has named, and every method that is suspended. Steps that it has taken are no part of a state.</summary>
    internal void AddTo(ref StateHash hash)
    {
        hash.Add((ulong)OperationNumber << 1 | (Finished ? 1UL : 0));
        hash.Add((ulong)Watched);
        if (Finished) return;
        AddTo(ref hash, in Pending);
        for (Frame? frame = Current; frame is not null; frame = frame.Parent) frame.AddTo(ref hash);
    }

    internal static void AddTo(ref StateHash hash, in Access access)
    {
        hash.Add((ulong)access.Kind << 48 | (ulong)access.StepNumber << 32 | (uint)access.Location);
        hash.Add(access.A);
        hash.Add(access.B);
    }
}

/// <summary>How a machine's state is kept, taken up again and told from others, for whoever goes through all of them. Between two steps.</summary>
public abstract partial class StepMachine
{
    /// <summary>A machine under another memory model has stores under way, which no image holds.</summary>
    protected void Save(StepMachineImage image)
    {
        if (_buffers is not null) throw new NotSupportedException("images are of machines under sequential consistency");
        if (image.Cpus.Length == 0) image.Cpus = new StepCpuImage[AllCpus.Length];
        _memory.Save(image.Memory);
        for (int i = 0; i < AllCpus.Length; i++) image.Cpus[i] = AllCpus[i].Image;
        (image.Steps, image.Digest, image.Waiting, image.Runnable) = (Steps, Digest, _waiting, _runnable);
        if (_edits is null) return;
        if (image.Edits.Length == 0) image.Edits = [.. _editStates.Select(_ => new EditState())];
        for (int i = 0; i < _editStates.Length; i++) image.Edits[i].CopyFrom(_editStates[i]);
    }

    /// <summary>Another machine's image, or one of before a reset, has frames that are not this run's.</summary>
    protected void Load(StepMachineImage image)
    {
        Frames.Forget();
        _memory.Load(image.Memory);
        for (int i = 0; i < AllCpus.Length; i++) AllCpus[i].Load(image.Cpus[i]);
        (Steps, Digest, _waiting, _runnable) = (image.Steps, image.Digest, image.Waiting, image.Runnable);
        if (_edits is not null)
            for (int i = 0; i < _editStates.Length; i++) _editStates[i].CopyFrom(image.Edits[i]);
        _touchedCount = 0;
        _observer.Reset();
    }

    /// <summary>As <see cref="Step"/>, where images are taken.</summary>
    protected void StepForImages(StepCpu cpu)
    {
        cpu.Outdate();
        Step(cpu);
    }

    /// <summary>Whatever a CPU was started with, its image is to be taken anew.</summary>
    protected void OutdateImages()
    {
        foreach (StepCpu cpu in AllCpus) cpu.Outdate();
    }

    protected void AddMemoryTo(ref StateHash hash) => _memory.AddTo(ref hash);

    /// <summary>Where the CPUs of the programme are.</summary>
    protected void AddCpusTo(ref StateHash hash)
    {
        for (int i = 0; i < ActiveCpus; i++) AllCpus[i].AddTo(ref hash);
    }

    /// <summary>What edits remember of each CPU's accesses.</summary>
    protected void AddEditsTo(ref StateHash hash)
    {
        if (_edits is null) return;
        for (int i = 0; i < ActiveCpus; i++) _editStates[i].AddTo(ref hash);
    }
}
