using System.Runtime.InteropServices;

namespace StressFarm.Kernel.Ghosts;

/// <summary>The ghost's part of a search's log: its tables and objects are places, and can be put back.</summary>
public sealed partial class Ghost
{
    private ObjectLog? _objectLog;

    /// <summary>From here on what happens to the ghost is logged, in the places from <paramref name="place"/> on. Once objects are numbered by CPU.</summary>
    internal void BeginLog(StepLog log, ref int place)
    {
        LogTables(log, ref place);
        _objectLog = new ObjectLog(log, _objects, place);
        place += _objects.Length * ObjectLog.Places;
    }

    internal void EndLog()
    {
        int place = 0;
        LogTables(null, ref place);
        if (ReferenceEquals(ObjectLog.Current, _objectLog)) ObjectLog.Current = null;
        _objectLog = null;
    }

    /// <summary>Places that a log has for the ghost.</summary>
    internal int PlacesToLog
    {
        get
        {
            int place = 0;
            LogTables(null, ref place);
            return place + _objects.Length * ObjectLog.Places;
        }
    }

    /// <summary>Steps of this machine follow, on this thread.</summary>
    internal void LogHere() => ObjectLog.Current = _objectLog;

    private void LogTables(StepLog? log, ref int place)
    {
        _owner.Begin(log, ref place);
        _object.Begin(log, ref place);
        _life.Begin(log, ref place);
        _poison.Begin(log, ref place);
        _pteMaps.Begin(log, ref place);
        _pagePins.Begin(log, ref place);
        _held.Begin(log, ref place);
        _mmMaps.Begin(log, ref place);
        _fileSize.Begin(log, ref place);
        _tableLife.Begin(log, ref place);
        _tableDeposited.Begin(log, ref place);
        _usageLife.Begin(log, ref place);
        _pgmapRefGone.Begin(log, ref place);
        _wrongUnlock.Begin(log, ref place);
    }

    /// <summary>False for what is not the ghost's.</summary>
    internal bool PutBack(LogKind kind, int index, ulong old)
    {
        switch (kind)
        {
            case LogKind.Owner: _owner.PutBack(index, old); break;
            case LogKind.Object: _object.PutBack(index, old); break;
            case LogKind.Life: _life.PutBack(index, old); break;
            case LogKind.Poison: _poison.PutBack(index, old); break;
            case LogKind.PteMaps: _pteMaps.PutBack(index, old); break;
            case LogKind.PagePins: _pagePins.PutBack(index, old); break;
            case LogKind.ObjectWord: MemoryMarshal.Cast<GhostObject, ulong>(_objects.AsSpan())[index] = old; break;
            case LogKind.Held: _held.PutBack(index, old); break;
            case LogKind.MmMaps: _mmMaps.PutBack(index, old); break;
            case LogKind.FileSize: _fileSize.PutBack(index, old); break;
            case LogKind.TableLife: _tableLife.PutBack(index, old); break;
            case LogKind.TableDeposited: _tableDeposited.PutBack(index, old); break;
            case LogKind.UsageLife: _usageLife.PutBack(index, old); break;
            case LogKind.PgmapRefGone: _pgmapRefGone.PutBack(old); break;
            case LogKind.WrongUnlock: _wrongUnlock.PutBack(old); break;
            default: return false;
        }
        return true;
    }

    /// <summary>Everything that is logged, as the log's sum counts it.</summary>
    internal void SumTo(ref StateSum sum)
    {
        _owner.SumTo(ref sum);
        _object.SumTo(ref sum);
        _life.SumTo(ref sum);
        _poison.SumTo(ref sum);
        _pteMaps.SumTo(ref sum);
        _pagePins.SumTo(ref sum);
        _held.SumTo(ref sum);
        _mmMaps.SumTo(ref sum);
        _fileSize.SumTo(ref sum);
        _tableLife.SumTo(ref sum);
        _tableDeposited.SumTo(ref sum);
        _usageLife.SumTo(ref sum);
        _pgmapRefGone.SumTo(ref sum);
        _wrongUnlock.SumTo(ref sum);
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<GhostObject, ulong>(_objects.AsSpan());
        for (int i = 0; i < words.Length; i++) sum.Add((int)LogKind.ObjectWord, i, words[i]);
    }

    /// <summary>What numbers a CPU's next object and generation get.</summary>
    internal (int Object, int Life) Numbers(int cpu) => (_numbers![cpu].Object, cpu == _numberer ? _lifeCounter : _numbers[cpu].Life);

    internal void PutBack(int cpu, (int Object, int Life) numbers)
    {
        _numbers![cpu] = numbers;
        if (cpu == _numberer) _lifeCounter = numbers.Life;
    }
}
