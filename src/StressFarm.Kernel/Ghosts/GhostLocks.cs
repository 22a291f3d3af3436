namespace StressFarm.Kernel.Ghosts;

/// <summary>Who has which folio lock.</summary>
public sealed partial class Ghost
{
    /// <summary>This CPU has the folio lock.</summary>
    public void Locked(StepCpu cpu, int pfn)
    {
        int id = _object[pfn];
        if (id != NoObject) _objects[id].Locker = cpu.Number + 1;
        Tell(MomentKind.FolioLocked, cpu, pfn, id);
    }

    /// <summary>The first unlock of a folio by who did not hold its lock: the page, and both CPUs' numbers and one.</summary>
    public (int Pfn, int By, int Locker) WrongUnlock => ((int)(_wrongUnlock.Value >> 16), (int)(_wrongUnlock.Value >> 8 & 255), (int)(_wrongUnlock.Value & 255));
    private LoggedValue<ulong> _wrongUnlock = new(LogKind.WrongUnlock, 0);

    public void KeepWrongUnlock(int pfn, int by, int locker)
    {
        if (WrongUnlock.By == 0) _wrongUnlock.Value = (ulong)pfn << 16 | (uint)by << 8 | (uint)locker;
    }

    /// <summary>It has given the folio lock up.</summary>
    public void Unlocked(int pfn)
    {
        int id = _object[pfn];
        if (id != NoObject) _objects[id].Locker = 0;
    }

    /// <summary>A folio lock becomes another CPU's: a handle was passed on.</summary>
    public void HandLock(int pfn, int to)
    {
        int id = _object[pfn];
        if (id != NoObject) _objects[id].Locker = to + 1;
    }
}
