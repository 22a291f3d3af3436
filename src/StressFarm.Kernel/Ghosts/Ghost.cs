namespace StressFarm.Kernel.Ghosts;

/// <summary>
/// What the kernel does not know and we do: owner and generation of each page, the objects they form, and the multiset of
/// references with their holders. Protocols annotate it in the local code right after the access that made it so, and never
/// read it to decide what to do: the ghost judges, kernel state acts.
/// </summary>
public sealed partial class Ghost
{
    public const int NoObject = -1;

    private readonly Geometry _geometry;
    private Logged<Owner> _owner;
    private Logged<int> _object;
    private Logged<int> _life;
    private Logged<Poison> _poison;
    private bool _anyPoison;
    private GhostObject[] _objects = new GhostObject[256];
    private Logged<int> _fileSize = new(Geometry.Mappings, LogKind.FileSize);
    private int _objectCount;
    private int _lifeCounter;
    private int _lastSystem, _lastDevice;

    public Ghost(Geometry geometry)
    {
        _geometry = geometry;
        int pages = geometry.Pages;
        _owner = new(pages, LogKind.Owner);
        _object = new(pages, LogKind.Object);
        _life = new(pages, LogKind.Life);
        _pteMaps = new(pages, LogKind.PteMaps);
        _pagePins = new(pages, LogKind.PagePins);
        _poison = new(pages, LogKind.Poison);
        _cpus = geometry.MaxCpus + 1;
        Array.Fill(_object.Raw, NoObject);
        _held = new(_objects.Length * _cpus, LogKind.Held);
        _mmMaps = new(_objects.Length * Geometry.MaxMms, LogKind.MmMaps);
    }

    /// <summary>Who hears of what happens; said once, by whoever builds the machine.</summary>
    internal Witness Witness { get; set; } = null!;

    /// <summary>What happens to an object, or to none.</summary>
    internal void Tell(MomentKind fact, StepCpu cpu, int pfn, int obj, ulong a = 0, ulong b = 0) => Witness.Hear(fact, cpu, pfn, obj, a, b);

    public Owner OwnerOf(int pfn) => _owner[pfn];
    /// <summary>The generation of a page: a new number at each owner change.</summary>
    public int LifeOf(int pfn) => _life[pfn];
    /// <summary>The object a page belongs to, or <see cref="NoObject"/>.</summary>
    public int ObjectOf(int pfn) => _object[pfn];
    public int ObjectCount => _objectCount;
    public ref GhostObject this[int id] => ref _objects[id];
    /// <summary>What memory_failure() made known of a page.</summary>
    public Poison PoisonOf(int pfn) => _poison[pfn];

    internal void SetPoison(int pfn, Poison poison)
    {
        _poison[pfn] = poison;
        _anyPoison = true;
    }

    /// <summary>A pointer to this page as it is now.</summary>
    public Page Token(int pfn) => new(pfn, _life[pfn]);
    public Folio FolioToken(int pfn) => new(pfn, _life[pfn]);

    /// <summary>Set-up: pages belong to <paramref name="owner"/> from the start.</summary>
    internal void Lay(int pfn, int count, Owner owner)
    {
        int life = ++_lifeCounter;
        for (int i = pfn; i < pfn + count; i++) { _owner[i] = owner; _life[i] = life; }
        if (pfn >= _geometry.DeviceBase) _lastDevice = Math.Max(_lastDevice, pfn + count);
        else _lastSystem = Math.Max(_lastSystem, pfn + count);
    }

    /// <summary>
    /// Moves a range from one owner to another without an object: free lists and isolation. Reports I16 when any page was
    /// not the former owner's.
    /// </summary>
    public void Transfer(StepCpu cpu, int pfn, int order, Owner from, Owner to)
    {
        int life = ++_lifeCounter;
        for (int i = pfn; i < pfn + (1 << order); i++)
        {
            if (_owner[i] != from) Witness.OwnerClash(cpu, i, from, to);
            int id = _object[i];
            if (id != NoObject) _objects[id].Phase = Phase.Dead;
            _owner[i] = to;
            _object[i] = NoObject;
            _life[i] = life;
        }
    }

    /// <summary>
    /// A new object on isolated pages, in <see cref="Phase.Allocating"/>; its id. <paramref name="owner"/> is what the pages
    /// become at <see cref="Publish"/>.
    /// </summary>
    public int Create(StepCpu cpu, int pfn, int order, Owner owner, bool rmappable, bool anon = false)
    {
        int id = NewObject();
        ref GhostObject o = ref _objects[id];
        o.Head = pfn;
        o.Order = order;
        o.Kind = owner;
        o.Phase = Phase.Allocating;
        o.PhaseCpu = cpu.Number;
        o.Rmappable = rmappable;
        o.Anon = anon;
        o.Life = ++_lifeCounter;
        for (int i = pfn; i < pfn + (1 << order); i++)
        {
            _object[i] = id;
            _life[i] = o.Life;
        }
        return id;
    }

    /// <summary>The object is complete and reachable: from now on invariants hold it to its words.</summary>
    public void Publish(StepCpu cpu, int id)
    {
        ref GhostObject o = ref _objects[id];
        o.Phase = Phase.Live;
        for (int i = o.Head; i < o.Head + o.Pages; i++) _owner[i] = o.Kind;
        Tell(MomentKind.Published, cpu, o.Head, id);
    }

    /// <summary><see cref="Publish"/> of the object that a page belongs to.</summary>
    public void PublishAt(StepCpu cpu, int pfn) => Publish(cpu, _object[pfn]);

    /// <summary>The same of one that is anonymous memory.</summary>
    public void PublishAnon(StepCpu cpu, int pfn)
    {
        _objects[_object[pfn]].Anon = true;
        PublishAt(cpu, pfn);
    }

    /// <summary>Its owner keeps the refcount at 0.</summary>
    public void KeepFrozen(int pfn) => _objects[_object[pfn]].FrozenOwner = true;

    /// <summary>A hugetlb folio is the pool's: complete, frozen, and nobody's pointer is good any more.</summary>
    public void Pool(int pfn)
    {
        ref GhostObject o = ref _objects[_object[pfn]];
        o.Phase = Phase.Live;
        o.FrozenOwner = true;
        o.Life = ++_lifeCounter;
        _life.Fill(o.Life, o.Head, o.Pages);
        _owner.Fill(o.Kind, o.Head, o.Pages);
    }

    /// <summary>The pool hands a folio out with its first reference.</summary>
    public void HandOut(StepCpu cpu, int pfn)
    {
        _objects[_object[pfn]].FrozenOwner = false;
        FirstRef(cpu, pfn);
    }

    /// <summary>FS-DAX: the last entry went; the folio dies in this CPU's hands.</summary>
    public void EndShareLife(StepCpu cpu, int pfn)
    {
        _objects[_object[pfn]].ShareLife = false;
        BeginFree(cpu, pfn);
    }

    /// <summary>A folio was put on the LRU, or taken off it by whoever isolates or frees it.</summary>
    public void SetLru(StepCpu cpu, int pfn, bool on)
    {
        int id = _object[pfn];
        if (id == NoObject) return;
        if (_objects[id].OnLru == on) Tell(MomentKind.LruClash, cpu, pfn, id, on ? 1UL : 0);
        _objects[id].OnLru = on;
    }

    /// <summary>A folio was queued for a deferred split, or is taken off its list.</summary>
    public void SetQueued(int pfn, bool queued)
    {
        int id = _object[pfn];
        if (id != NoObject) _objects[id].Queued = queued;
    }

    /// <summary>What the last truncation made of a file's size.</summary>
    public int FileSize(int mapping) => _fileSize[mapping];

    public void SetFileSize(int mapping, int size) => _fileSize[mapping] = size;

    /// <summary>percpu_ref_exit() was called for the pgmap.</summary>
    public bool PgmapRefGone
    {
        get => _pgmapRefGone.Value;
        internal set => _pgmapRefGone.Value = value;
    }
    private LoggedValue<bool> _pgmapRefGone = new(LogKind.PgmapRefGone, 0);

    /// <summary>The struct pages of a range of free memory are gone; how many. Reports I16 when one was not free.</summary>
    public int RemoveMemmap(StepCpu cpu, int pfn, int count)
    {
        int life = ++_lifeCounter;
        for (int i = pfn; i < pfn + count; i++)
        {
            if (_owner[i] is not (Owner.Offline or Owner.DevFree)) Witness.OwnerClash(cpu, i, Owner.Offline, Owner.Removed);
            _owner[i] = Owner.Removed;
            _object[i] = NoObject;
            _life[i] = life;
        }
        return count;
    }

    /// <summary>There are struct pages again; of how many pages.</summary>
    public int PopulateMemmap(int pfn, int count, Owner owner)
    {
        Lay(pfn, count, owner);
        return count;
    }

    /// <summary>The refcount reached 0 by a put: the object dies in this CPU's hands.</summary>
    public void BeginFree(StepCpu cpu, int pfn)
    {
        int id = _object[pfn];
        if (id == NoObject) return;
        ref GhostObject o = ref _objects[id];
        if (o.ShareLife) return;
        o.Phase = Phase.Freeing;
        o.PhaseCpu = cpu.Number;
        o.EvictDue = 0;
        Tell(MomentKind.BeginFree, cpu, pfn, id);
    }

    /// <summary>
    /// The pages [pfn, +2^order) of a dying object are free of it and in isolation. Reports I16 when one of them is not its own.
    /// </summary>
    public void EndFree(StepCpu cpu, int pfn, int order, Owner isolated)
    {
        int life = ++_lifeCounter, dying = _object[pfn];
        for (int i = pfn; i < pfn + (1 << order); i++)
        {
            int id = _object[i];
            bool its = id == dying && (id == NoObject ? _owner[i] == isolated : _objects[id].Phase is Phase.Freeing or Phase.Dead);
            if (!its) Witness.OwnerClash(cpu, i, id == NoObject ? isolated : _objects[id].Kind, isolated);
            if (id != NoObject) _objects[id].Phase = Phase.Dead;
            _owner[i] = isolated;
            _object[i] = NoObject;
            _life[i] = life;
            _pteMaps[i] = 0;
            _pagePins[i] = 0;
        }
    }

    /// <summary>
    /// A plain block shrinks to its first page (___free_pages with a speculative reference outstanding); the rest is in
    /// this CPU's hands, being freed.
    /// </summary>
    public void DetachUpper(StepCpu cpu, int id)
    {
        if (id == NoObject) return;
        ref GhostObject o = ref _objects[id];
        int life = ++_lifeCounter;
        for (int i = o.Head + 1; i < o.Head + o.Pages; i++)
        {
            _object[i] = NoObject;
            _owner[i] = Owner.IsolatedFree;
            _life[i] = life;
        }
        o.Order = 0;
    }

    private int NewObject()
    {
        if (_objectCount == _objects.Length)
        {
            Array.Resize(ref _objects, _objects.Length * 2);
            _held.Resize(_objects.Length * _cpus);
            _mmMaps.Resize(_objects.Length * Geometry.MaxMms);
        }
        if (_numbers is not null) return NumberedObject();
        _objects[_objectCount] = default;
        Array.Clear(_held.Raw, _objectCount * _cpus, _cpus);
        Array.Clear(_mmMaps.Raw, _objectCount * Geometry.MaxMms, Geometry.MaxMms);
        return _objectCount++;
    }

    internal void Reset()
    {
        ForgetPoison();
        int device = _geometry.DeviceBase;
        Clear(0, _lastSystem);
        Clear(device, Math.Max(0, _lastDevice - device));
        _lastSystem = _lastDevice = 0;
        ForgetTables();
        _objectCount = 0;
        _lifeCounter = 0;
        _numbers = null;
    }

    /// <summary>
    /// A new schedule on the memory as it is: owners stay. Everything was given back, so no object is left, and no pointer whose
    /// generation could be compared: both are numbered from the start again, and neither grows with the age of a section.
    /// </summary>
    internal void Continue()
    {
        ForgetTables();
        ForgetPoison();
        _objectCount = 0;
        _lifeCounter = 0;
        _numbers = null;
        int device = _geometry.DeviceBase;
        Renew(0, _lastSystem);
        Renew(device, Math.Max(0, _lastDevice - device));
    }

    private void ForgetTables()
    {
        Array.Clear(_usageLife.Raw);
        Array.Clear(_fileSize.Raw);
        _wrongUnlock.Reset();
        _pgmapRefGone.Reset();
        if (!_tables) return;
        Array.Clear(_tableLife.Raw);
        Array.Clear(_tableDeposited.Raw);
        _tables = false;
    }

    private void ForgetPoison()
    {
        if (_anyPoison) Array.Clear(_poison.Raw);
        _anyPoison = false;
    }

    private void Renew(int pfn, int count)
    {
        if (count == 0) return;
        Array.Fill(_object.Raw, NoObject, pfn, count);
        Array.Fill(_life.Raw, ++_lifeCounter, pfn, count);
        Array.Clear(_pteMaps.Raw, pfn, count);
        Array.Clear(_pagePins.Raw, pfn, count);
    }

    /// <summary>Restoring a memory: a free page's owner, after <see cref="Lay"/>.</summary>
    internal void Restore(int pfn, Owner owner) => _owner[pfn] = owner;

    private void Clear(int pfn, int count)
    {
        Array.Clear(_owner.Raw, pfn, count);
        Array.Fill(_object.Raw, NoObject, pfn, count);
        Array.Clear(_life.Raw, pfn, count);
        Array.Clear(_pteMaps.Raw, pfn, count);
        Array.Clear(_pagePins.Raw, pfn, count);
    }
}
