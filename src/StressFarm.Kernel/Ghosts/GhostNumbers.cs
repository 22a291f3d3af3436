namespace StressFarm.Kernel.Ghosts;

/// <summary>
/// Numbers of objects and generations that do not tell who came first. In a run they are given in the order of events; two steps of two CPUs
/// that have nothing to do with each other then leave other numbers in the one order than in the other. Whoever wants to know a state again
/// gives each CPU its own. Numbers are compared, and never mean anything else.
/// </summary>
public sealed partial class Ghost
{
    /// <summary>Objects that one CPU can create.</summary>
    internal const int ObjectsPerCpu = 128;
    private const int LivesPerCpu = 1 << 20;

    /// <summary>By CPU: its next object and its newest generation; null while all are numbered in one row.</summary>
    private (int Object, int Life)[]? _numbers;
    private (int Object, int Life)[] _builtNumbers = [];
    private int _numberer, _firstNumbered;

    /// <summary>From here on each CPU numbers by itself; until the next reset. Set-up and teardown go on with what is behind the last CPU's.</summary>
    internal void NumberByCpu()
    {
        int all = _objectCount + _cpus * ObjectsPerCpu;
        int room = _objects.Length;
        while (room < all) room *= 2;
        if (room > _objects.Length)
        {
            Array.Resize(ref _objects, room);
            _held.Resize(room * _cpus);
            _mmMaps.Resize(room * Geometry.MaxMms);
        }
        if (_builtNumbers.Length == 0) _builtNumbers = new (int, int)[_cpus];
        _firstNumbered = _objectCount;
        Array.Clear(_objects, _objectCount, all - _objectCount);
        Array.Clear(_held.Raw, _objectCount * _cpus, (all - _objectCount) * _cpus);
        Array.Clear(_mmMaps.Raw, _objectCount * Geometry.MaxMms, (all - _objectCount) * Geometry.MaxMms);
        for (int i = 0; i < _cpus; i++) _builtNumbers[i] = (_objectCount + i * ObjectsPerCpu, (i + 1) * LivesPerCpu);
        _objectCount = all;
        _numbers = _builtNumbers;
        _numberer = _cpus - 1;
        _lifeCounter = _numbers[_numberer].Life;
    }

    /// <summary>What is created from here on, this CPU creates.</summary>
    internal void NumberFor(int cpu)
    {
        _numbers![_numberer].Life = _lifeCounter;
        _numberer = cpu;
        _lifeCounter = _numbers[cpu].Life;
    }

    private int NumberedObject()
    {
        int id = _numbers![_numberer].Object++;
        if (id >= _firstNumbered + (_numberer + 1) * ObjectsPerCpu)
            throw new NotSupportedException($"CPU{_numberer} creates more than {ObjectsPerCpu} objects: a search keeps room for no more");
        return id;
    }
}
