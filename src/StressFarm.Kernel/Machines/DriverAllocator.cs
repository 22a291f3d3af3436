namespace StressFarm.Kernel.Machines;

/// <summary>A block of device memory as the driver's allocator handed it out; order -1 when there was none.</summary>
public readonly record struct DeviceBlock(int Pfn, int Order)
{
    public static DeviceBlock None => new(-1, -1);
    public bool IsNone => Order < 0;
}

/// <summary>
/// What the driver's allocator of device memory keeps outside struct page (spec 1.10). ALLOCATOR=BUDDY keeps everything
/// here (drm_buddy has its own blocks): merged on free, so any aligned free range of any order can be carved again.
/// ALLOCATOR=LIFO keeps its lists in the pages themselves and here only the order of its large folios. Protocols touch it
/// under the driver's lock, in the code of a step on <see cref="Cells.DriverBuddy"/>.
/// </summary>
public sealed partial class DriverAllocator(KernelMachine machine)
{
    private Logged<bool> _free = new(machine.Geometry.Pages / 2, LogKind.DriverFree);

    /// <summary>ALLOCATOR=LIFO: the one order of the large folios, the PMD order in nouveau and test_hmm.</summary>
    public int LargeOrder
    {
        get => _largeOrder.Value;
        internal set => _largeOrder.Value = value;
    }
    private LoggedValue<int> _largeOrder = new(LogKind.DriverField, 0);

    /// <summary>The driver hands nothing out any more: it is about to give its memory up.</summary>
    public bool Closed
    {
        get => _closed.Value;
        internal set => _closed.Value = value;
    }
    private LoggedValue<bool> _closed = new(LogKind.DriverField, 1);

    /// <summary>Its lists were made: the driver has started.</summary>
    public bool Carved
    {
        get => _carved.Value;
        internal set => _carved.Value = value;
    }
    private LoggedValue<bool> _carved = new(LogKind.DriverField, 2);

    /// <summary>Pages that were handed out and are not back.</summary>
    public int Outstanding
    {
        get => _outstanding.Value;
        internal set => _outstanding.Value = value;
    }
    private LoggedValue<int> _outstanding = new(LogKind.DriverField, 3);

    internal void Reset()
    {
        Closed = Carved = false;
        Outstanding = 0;
        // Behind the arena's pages nobody looks.
        Array.Fill(_free.Raw, true, 0, machine.Arena.DevicePages);
        LargeOrder = 0;
    }

    /// <summary>Restoring a memory: everything is free, as between two schedules.</summary>
    internal void Restore(int largeOrder)
    {
        Reset();
        LargeOrder = largeOrder;
    }

    /// <summary>Free pages of the buddy allocator.</summary>
    public int FreePages
    {
        get
        {
            int count = 0;
            for (int i = 0; i < machine.Arena.DevicePages; i++)
                if (_free[i]) count++;
            return count;
        }
    }

    /// <summary>
    /// Takes an aligned free range. Where several fit, <paramref name="choice"/> (drawn in the programme) says which; 0 is
    /// the lowest. The first pfn, or -1.
    /// </summary>
    internal int Take(int order, int choice)
    {
        int size = 1 << order, fitting = 0;
        for (int at = 0; at + size <= machine.Arena.DevicePages; at += size)
            if (IsFree(at, size)) fitting++;
        if (fitting == 0) return -1;
        choice %= fitting;
        for (int at = 0; ; at += size)
        {
            if (!IsFree(at, size) || choice-- > 0) continue;
            _free.Fill(false, at, size);
            return machine.Geometry.DeviceBase + at;
        }
    }

    internal void Give(int pfn, int order) => _free.Fill(true, pfn - machine.Geometry.DeviceBase, 1 << order);

    private bool IsFree(int at, int size)
    {
        for (int i = at; i < at + size; i++)
            if (!_free[i]) return false;
        return true;
    }
}
