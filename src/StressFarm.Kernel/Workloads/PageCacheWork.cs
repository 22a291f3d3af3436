namespace StressFarm.Kernel.Workloads;

/// <summary>
/// Two files, one of them shmem, whose folios are added, looked up, mapped, pinned, split, truncated, swapped and migrated, beside
/// anonymous folios in the swap cache. A quarter of the schedules are a lookup against a split of the same folio.
/// </summary>
public sealed class PageCacheWork : Workload
{
    private const int FirstHandle = 6, HandleCount = 3, PinHandle = 9, PinHandles = 2;

    public override string Id => "page-cache";
    public override string Summary => "page cache lookups, faults and pins against split, truncation, swap and migration";
    public override bool Standard => false;

    public override void Compose(Programme programme, Geometry geometry)
    {
        Shape shape = programme.Shape;
        int cpus = shape.DrawCpus(2, geometry, oftenLow: true);
        int maxOrder = shape.Draw("max-order", 1, Math.Min(3, geometry.LargestOrder));
        int systemOrder = Math.Max(4, shape.Draw("system-order", 4, Math.Min(6, geometry.LargestOrder)));
        int mms = shape.Draw("mms", 1, 2);
        int ops = Math.Max(2, shape.Draw("work", 4, 12) / cpus);
        int disabled = shape.Draw("disabled", 0, (1 << Kinds) - 1) & shape.Draw("disabled-too", 0, (1 << Kinds) - 1);
        programme.Arena = new Arena(cpus, Math.Min(systemOrder, geometry.LargestOrder), -1, 3);
        int pages = 2 << maxOrder;
        for (int mapping = 0; mapping < PageCache.Mappings; mapping++)
        {
            programme.Setup.Add(new(Operation<TruncateFile>.Instance, mapping, pages - shape.Pick(2)));
            programme.Setup.Add(new(Operation<CacheAddFolio>.Instance, mapping, 0, maxOrder));
            if (shape.OneIn(2)) programme.Setup.Add(new(Operation<CacheAddFolio>.Instance, mapping, 1 << maxOrder, shape.Pick(maxOrder + 1)));
        }
        if (shape.OneIn(4)) programme.Setup.Add(new(Operation<SwapShmem>.Instance, 0));
        if (shape.Draw("pattern", 0, 3) == 0)
        {
            ComposeDuel(programme, cpus, maxOrder);
            return;
        }
        programme.Setup.Add(new(Operation<AnonFault>.Instance, 0, 0, maxOrder, 0));
        for (int cpu = 0; cpu < cpus; cpu++)
            for (int i = 0; i < ops; i++) programme.Cpu(cpu).Add(Draw(shape, mms, maxOrder, programme.Arena.SystemPages, disabled));
    }

    /// <summary>The first CPU splits a folio of a file or truncates the file; the others look its indexes up.</summary>
    private static void ComposeDuel(Programme programme, int cpus, int maxOrder)
    {
        Shape shape = programme.Shape;
        int mapping = shape.Pick(PageCache.Mappings), pages = 1 << maxOrder;
        programme.Cpu(0).Add(shape.OneIn(3)
            ? new(Operation<TruncateFile>.Instance, mapping, shape.Pick(pages))
            : new(Operation<SplitInFile>.Instance, mapping, shape.Pick(pages), 0, shape.OneIn(4) ? 0 : 1));
        for (int cpu = 1; cpu < cpus; cpu++)
            for (int i = 0; i < 2; i++)
            {
                programme.Cpu(cpu).Add(new(Operation<CacheLookup>.Instance, mapping, shape.Pick(pages), FirstHandle + i));
                programme.Cpu(cpu).Add(shape.OneIn(4) ? new(Operation<SplitByPfn>.Instance, 0, pages) : new(Operation<FolioPut>.Instance, FirstHandle + i));
            }
    }

    private const int Kinds = 14;

    private static OpCall Draw(Shape shape, int mms, int maxOrder, int systemPages, int disabled)
    {
        int kind = shape.Pick(Kinds), mapping = shape.Pick(PageCache.Mappings), index = shape.Pick(2 << maxOrder), mm = shape.Pick(mms);
        int order = shape.Pick(maxOrder + 1), handle = shape.Pick(6), pfn = shape.Pick(Math.Min(systemPages, 16)), coin = shape.Pick(4);
        if ((disabled >> kind & 1) != 0) kind = 0;
        return kind switch
        {
            0 => new(Operation<CacheLookup>.Instance, mapping, index, FirstHandle + handle % HandleCount),
            1 => new(Operation<FolioPut>.Instance, FirstHandle + handle % HandleCount),
            2 => new(Operation<CacheAddFolio>.Instance, mapping, index, order),
            3 => new(Operation<TruncateFile>.Instance, mapping, coin == 0 ? 2 << maxOrder : index),
            4 => new(Operation<FaultFile>.Instance, mm, mapping, index, 1 + coin),
            5 => new(Operation<SplitInFile>.Instance, mapping, index, order, coin & 1),
            6 => new(Operation<SplitByPfn>.Instance, pfn, 1 + 2 * coin),
            7 => new(Operation<MigrateCached>.Instance, pfn, 1 + 2 * coin),
            8 => new(Operation<SwapShmem>.Instance, index, coin & 1),
            9 => new(Operation<SwapOutAnon>.Instance, mm, index % 8),
            10 => new(Operation<SwapFree>.Instance, index),
            11 => coin == 0 ? new(Operation<AnonFault>.Instance, mm, 0, order, 0) : new(Operation<PinUserPagesFast>.Instance, mm, FileMemory.SlotOf(mapping, index), 1 + coin, PinHandle + handle % PinHandles),
            12 => new(Operation<UnpinUserPages>.Instance, PinHandle + handle % PinHandles, coin & 1),
            _ => coin == 0 ? new(Operation<ZapSlots>.Instance, mm, FileMemory.SlotOf(mapping, index), 4) : new(Operation<CompactionWalk>.Instance, pfn, 4),
        };
    }
}
