using System.Runtime.InteropServices;

namespace StressFarm.Kernel.Ghosts;

/// <summary>The ghost as it was between two steps.</summary>
internal sealed class GhostImage
{
    public Owner[] Owner = [];
    public int[] Object = [], Life = [], Held = [], MmMaps = [], TableLife = [], UsageLife = [], FileSize = [];
    public Poison[] Poison = [];
    public ushort[] PteMaps = [], PagePins = [];
    public GhostObject[] Objects = [];
    public bool[] TableDeposited = [];
    public (int Object, int Life)[] Numbers = [];
    public int ObjectCount, LifeCounter, Numberer, LastSystem, LastDevice;
    public bool AnyPoison, Tables, PgmapRefGone;
    public (int Pfn, int By, int Locker) WrongUnlock;
}

public sealed partial class Ghost
{
    /// <summary>Once objects are numbered by CPU (<see cref="NumberByCpu"/>), which fixes how many there can be.</summary>
    internal void Save(GhostImage image)
    {
        if (image.Objects.Length != _objectCount || image.Owner.Length != _lastSystem + LaidDevice) Make(image);
        image.ObjectCount = _objectCount;
        (image.LifeCounter, image.Numberer, image.LastSystem, image.LastDevice) = (_lifeCounter, _numberer, _lastSystem, _lastDevice);
        (image.AnyPoison, image.Tables, image.PgmapRefGone, image.WrongUnlock) = (_anyPoison, _tables, PgmapRefGone, WrongUnlock);
        Copy(image, saves: true);
    }

    internal void Load(GhostImage image)
    {
        _objectCount = image.ObjectCount;
        (_lifeCounter, _numberer, _lastSystem, _lastDevice) = (image.LifeCounter, image.Numberer, image.LastSystem, image.LastDevice);
        (_anyPoison, _tables, PgmapRefGone, WrongUnlock) = (image.AnyPoison, image.Tables, image.PgmapRefGone, image.WrongUnlock);
        Copy(image, saves: false);
    }

    /// <summary>Pages of the device that belong to somebody.</summary>
    private int LaidDevice => Math.Max(0, _lastDevice - _geometry.DeviceBase);

    private void Make(GhostImage image)
    {
        int pages = _lastSystem + LaidDevice;
        (image.Owner, image.Object, image.Life, image.Poison) = (new Owner[pages], new int[pages], new int[pages], new Poison[pages]);
        (image.PteMaps, image.PagePins) = (new ushort[pages], new ushort[pages]);
        image.Objects = new GhostObject[_objectCount];
        (image.Held, image.MmMaps) = (new int[_objectCount * _cpus], new int[_objectCount * Geometry.MaxMms]);
        (image.TableLife, image.TableDeposited) = (new int[_tableLife.Length], new bool[_tableDeposited.Length]);
        (image.UsageLife, image.FileSize) = (new int[_usageLife.Length], new int[_fileSize.Length]);
        image.Numbers = new (int, int)[_cpus];
    }

    private void Copy(GhostImage image, bool saves)
    {
        Pages(image, 0, 0, _lastSystem, saves);
        Pages(image, _geometry.DeviceBase, _lastSystem, LaidDevice, saves);
        Move(_tableLife, image.TableLife, saves);
        Move(_tableDeposited, image.TableDeposited, saves);
        Move(_usageLife, image.UsageLife, saves);
        Move(_fileSize, image.FileSize, saves);
        for (int range = -1; range < _cpus; range++) CopyObjects(image, range, saves);
        Move(_numbers, image.Numbers, saves);
    }

    private void CopyObjects(GhostImage image, int range, bool saves)
    {
        (int first, int end) = Range(range);
        int count = end - first;
        if (!saves)
        {
            // Objects that were created since are no more: audits look at every number.
            count = range < 0 ? end : image.Numbers[range].Object - first;
            for (int id = first + count; id < end; id++) _objects[id] = default;
        }
        Move(_objects.AsSpan(first, count), image.Objects.AsSpan(first, count), saves);
        Move(_held.AsSpan(first * _cpus, count * _cpus), image.Held.AsSpan(first * _cpus, count * _cpus), saves);
        Move(_mmMaps.AsSpan(first * Geometry.MaxMms, count * Geometry.MaxMms), image.MmMaps.AsSpan(first * Geometry.MaxMms, count * Geometry.MaxMms), saves);
    }

    private void Pages(GhostImage image, int first, int at, int count, bool saves)
    {
        Move(_owner.AsSpan(first, count), image.Owner.AsSpan(at, count), saves);
        Move(_object.AsSpan(first, count), image.Object.AsSpan(at, count), saves);
        Move(_life.AsSpan(first, count), image.Life.AsSpan(at, count), saves);
        Move(_poison.AsSpan(first, count), image.Poison.AsSpan(at, count), saves);
        Move(_pteMaps.AsSpan(first, count), image.PteMaps.AsSpan(at, count), saves);
        Move(_pagePins.AsSpan(first, count), image.PagePins.AsSpan(at, count), saves);
    }

    private static void Move<T>(Span<T> mine, Span<T> kept, bool saves)
    {
        if (saves) mine.CopyTo(kept);
        else kept.CopyTo(mine);
    }

    /// <summary>Owners, generations and counts of the pages.</summary>
    internal void AddPagesTo(ref StateHash hash)
    {
        AddPages(ref hash, 0, _lastSystem);
        AddPages(ref hash, _geometry.DeviceBase, LaidDevice);
    }

    private void AddPages(ref StateHash hash, int first, int count)
    {
        hash.Add((ulong)count);
        for (int pfn = first; pfn < first + count; pfn++)
        {
            hash.Add((ulong)_owner[pfn] << 56 | (ulong)_poison[pfn] << 48 | (ulong)_pteMaps[pfn] << 24 | _pagePins[pfn]);
            hash.Add((ulong)(uint)_object[pfn] << 32 | (uint)_life[pfn]);
        }
    }

    /// <summary>The objects, every field of them.</summary>
    internal void AddObjectsTo(ref StateHash hash)
    {
        for (int range = -1; range < _cpus; range++)
        {
            (int first, int end) = Range(range);
            hash.Add(MemoryMarshal.Cast<GhostObject, ulong>(_objects.AsSpan(first, end - first)));
        }
    }

    /// <summary>Who holds which object's references, and which mm maps it.</summary>
    internal void AddHoldersTo(ref StateHash hash)
    {
        for (int range = -1; range < _cpus; range++)
        {
            (int first, int end) = Range(range);
            foreach (int held in _held.AsSpan(first * _cpus, (end - first) * _cpus)) hash.Add((ulong)held);
            foreach (int maps in _mmMaps.AsSpan(first * Geometry.MaxMms, (end - first) * Geometry.MaxMms)) hash.Add((ulong)maps);
        }
    }

    /// <summary>What is no page's: tables, sections, files; and what numbers come next.</summary>
    internal void AddTablesTo(ref StateHash hash)
    {
        if (_tables)
            for (int i = 0; i < _tableLife.Length; i++) hash.Add((ulong)(uint)_tableLife[i] << 1 | (_tableDeposited[i] ? 1UL : 0));
        foreach (int life in _usageLife) hash.Add((ulong)life);
        foreach (int size in _fileSize) hash.Add((ulong)size);
        hash.Add((PgmapRefGone ? 1UL : 0) | (_tables ? 2UL : 0));
        hash.Add((ulong)(uint)WrongUnlock.Pfn << 32 | (ulong)(uint)WrongUnlock.By << 16 | (uint)WrongUnlock.Locker);
    }

    /// <summary>What numbers come next: with them two states are the same to the last number.</summary>
    internal void AddNumbersTo(ref StateHash hash)
    {
        for (int i = 0; i < _cpus; i++) hash.Add((ulong)(uint)_numbers![i].Object << 32 | (uint)(i == _numberer ? _lifeCounter : _numbers[i].Life));
    }

    /// <summary>The numbers of objects that were given: range -1 is the set-up's, the others the CPUs'.</summary>
    private (int First, int End) Range(int range) =>
        range < 0 ? (0, _firstNumbered) : (_firstNumbered + range * ObjectsPerCpu, _numbers![range].Object);
}
