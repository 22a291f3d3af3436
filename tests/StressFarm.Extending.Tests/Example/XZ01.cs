namespace StressFarm.Extending;

/// <summary>XZ01.</summary>
public sealed class XZ01 : KnownBug
{
    public override string Id => "XZ01";
    public override string Title => "planted: page_owner believes whatever buddy_order_unsafe() gives it";
    public override string Source => "synthetic: mm/page_owner.c:read_page_owner without its test against MAX_PAGE_ORDER";
    public override string Mechanism => "between the walk's look at page_type and its look at private the page is allocated and gets a swap entry, which is taken for an order";
    public override IReadOnlyList<string> Invariants => ["XI01"];
    public override string Workload => "page-owner";
    public override Policy Plant(Policy policy) => new OrderReadDimension().With(policy, (int)OrderRead.Raw);
}
