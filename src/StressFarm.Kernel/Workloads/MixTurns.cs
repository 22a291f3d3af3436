namespace StressFarm.Kernel.Workloads;

/// <summary>
/// What scopes take of the calls that <see cref="MixEntries"/> mix, by subject: turns on memory of eight pages with a folio of four at slot 0, driver
/// memory at slot 4 if any, and <see cref="Arena.PmdOrder"/> 2. Handles are those of the mixes.
/// </summary>
internal static class MixTurns
{
    public static string[] Anon { get; } =
    [
        "do_anonymous_page mm=0 slot=4 order=0",
        "do_anonymous_page mm=0 slot=4 order=2 pmd=0/1",
        "zap_pte_range mm=0 slot=0 count=1/4",
        "copy_page_range mm=0 slot=0 count=2",
    ];

    public static string[] Driver { get; } =
    [
        "driver_alloc_pages handle=0 producer=af-packet/sg/ring-buffer/io-uring order=1",
        "driver_alloc_pages handle=0 producer=plain order=0; driver_mmap mm=0 slot=6 handle=0",
        "driver_alloc_pages handle=0 producer=io-uring order=1; driver_free_pages handle=0",
        "driver_mmap mm=0 slot=6 handle=0 count=2 first=0 setup=1",
    ];

    public static string[] Slab { get; } =
    [
        "kmalloc_new handle=2 order=1 large=1; kfree handle=2",
        "kmalloc_new handle=2 order=0/1; kfree handle=2",
        "kmalloc_new handle=2 order=1; kmalloc handle=2",
    ];

    public static string[] HugeZero { get; } = ["driver_alloc_pages handle=5 producer=huge-zero order=2; driver_free_pages handle=5"];

    public static string[] Blocks { get; } = ["alloc_pages handle=4 order=0/1; __free_pages handle=4"];

    public static string[] Walks { get; } =
    [
        "page_idle pfn=0/1",
        "compaction pfn=0 count=4",
        "kpageflags pfn=0 count=2",
        "filemap_get_entry pfn=0/1",
        "offline_pages pfn=0 count=4",
    ];

    public static string[] Gup { get; } =
    [
        "pin_user_pages_fast mm=0 slot=0/1 handle=6; unpin_user_pages handle=6 range=0/1",
        "pin_user_pages mm=0 slot=1 handle=6; unpin_user_pages handle=6",
        "get_user_pages_fast mm=0 slot=1 handle=6; unpin_user_pages handle=6",
    ];

    public static string[] Split { get; } =
    [
        "split_huge_page mm=0 slot=0",
        "folio_split mm=0 slot=1 order=0 around=0/1",
        "folio_split mm=0 slot=0 order=1",
    ];

    /// <summary>Device memory of four pages.</summary>
    public static string[] Device { get; } =
    [
        "zone_device_folio_init handle=9 order=0/2; migrate_vma_insert_page handle=9 mm=0 slot=4 pmd=0/1",
        "zone_device_folio_init handle=9 order=1; zone_device_page_put handle=9",
        "do_swap_page (device private) mm=0 slot=4",
        "migrate_device_range page=0 count=1/4",
        "driver pfn walk page=0 count=2",
    ];
}
