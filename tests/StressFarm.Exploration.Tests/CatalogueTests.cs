using System.Reflection;

namespace StressFarm.Exploration.Tests;

/// <summary>
/// A catalogue that looks in the wrong assembly is empty, and nothing fails: no invariant, no violation. So how many there are of
/// each is pinned, and whoever is in none is found.
/// </summary>
public class CatalogueTests
{
    // Of the product's own assemblies: this one adds a race to the catalogues (TestRace).
    private static int Own<T>() where T : class => Catalog<T>.All.Count(i => i.GetType().Assembly != typeof(CatalogueTests).Assembly);

    [Fact]
    public void Each_catalogue_has_all_its_members() => Assert.Equal(
        "78 invariants, 18 workloads, 82 operations, 25 dimensions, 37 known bugs, 5 strategies, 15 canaries",
        $"{Own<Invariant>()} invariants, {Own<Workload>()} workloads, {Own<Operation>()} operations, {Own<Dimension>()} dimensions, "
            + $"{Own<KnownBug>()} known bugs, {Own<Strategy>()} strategies, {Own<Canary>()} canaries");

    [Fact]
    public void Whatever_could_be_in_a_catalogue_is_in_it()
    {
        Type[] points = [typeof(Invariant), typeof(Workload), typeof(Operation), typeof(Dimension), typeof(KnownBug), typeof(Strategy), typeof(Canary)];
        var found = new HashSet<Type>(points.SelectMany(Members));
        Assembly[] house = [typeof(StepMachine).Assembly, typeof(KernelMachine).Assembly, typeof(Machine).Assembly, typeof(Strategy).Assembly];
        Type[] missing = [.. house.SelectMany(a => a.GetTypes()).Where(t => t is { IsAbstract: false, IsPublic: true } && points.Any(t.IsSubclassOf)
            && t.GetConstructor(Type.EmptyTypes) is not null && !found.Contains(t))];
        Assert.Empty(missing);
        Assert.True(found.Count > 200, $"{found.Count} members");
    }

    private static IEnumerable<Type> Members(Type point)
    {
        var all = (System.Collections.IEnumerable)typeof(Catalog<>).MakeGenericType(point).GetProperty("All")!.GetValue(null)!;
        return all.Cast<object>().Select(i => i.GetType());
    }
}
