using System.Reflection;

namespace StressFarm.Kernel.Catalogs;

/// <summary>
/// All the subclasses of an extension point, found by reflection once and sorted by their id: adding a file is enough. They are
/// of the extension point's own assembly, and of those that a program added (<see cref="Additions"/>).
/// </summary>
public static class Catalog<T> where T : class
{
    private static readonly (string Id, T Item)[] s_items = Load();

    public static IEnumerable<T> All => s_items.Select(i => i.Item);

    /// <summary>The member with this id, letter case aside, or null.</summary>
    public static T? Find(string id)
    {
        foreach (var (key, item) in s_items)
            if (string.Equals(key, id, StringComparison.OrdinalIgnoreCase)) return item;
        return null;
    }

    public static IEnumerable<string> Ids => s_items.Select(i => i.Id);

    private static (string, T)[] Load()
    {
        PropertyInfo id = typeof(T).GetProperty("Id") ?? throw new InvalidOperationException($"{typeof(T)} has no Id");
        (string Id, T Item)[] items = [.. Additions.Beside(typeof(T).Assembly).SelectMany(a => a.GetTypes())
            .Where(t => typeof(T).IsAssignableFrom(t) && t is { IsAbstract: false, IsClass: true } && t.GetConstructor(Type.EmptyTypes) is not null)
            .Select(t => (T)Activator.CreateInstance(t)!)
            .Select(item => ((string)id.GetValue(item)!, item))
            .OrderBy(p => p.Item1, StringComparer.Ordinal)];
        // In which order assemblies were added must not show, so none may take another's id.
        foreach (var same in items.GroupBy(i => i.Id, StringComparer.OrdinalIgnoreCase))
            if (same.DistinctBy(i => i.Item.GetType().Assembly).Count() > 1)
                throw new InvalidOperationException($"two assemblies have a {typeof(T).Name} '{same.Key}'");
        return items;
    }
}
