namespace StressFarm.Simulation.Tests;

public class CatalogTests
{
    /// <summary>Ids are what tokens, reports and options name: two of one id would be one to a reader.</summary>
    [Fact]
    public void No_id_is_given_twice()
    {
        foreach (IEnumerable<string> ids in new[] { Catalog<Invariant>.Ids, Catalog<Operation>.Ids, Catalog<Workload>.Ids, Catalog<KnownBug>.Ids, Catalog<Dimension>.Ids })
            Assert.Equal(ids.Distinct(StringComparer.OrdinalIgnoreCase), ids);
    }
}
