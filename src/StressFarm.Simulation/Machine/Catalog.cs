using System.Reflection;

namespace StressFarm.Simulation;

/// <summary>
/// All the subclasses of an extension point, found by reflection once and sorted by their id: adding a file is enough.
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
        return [.. typeof(T).Assembly.GetTypes()
            .Where(t => typeof(T).IsAssignableFrom(t) && t is { IsAbstract: false, IsClass: true } && t.GetConstructor(Type.EmptyTypes) is not null)
            .Select(t => (T)Activator.CreateInstance(t)!)
            .Select(item => ((string)id.GetValue(item)!, item))
            .OrderBy(p => p.Item1, StringComparer.Ordinal)];
    }
}
