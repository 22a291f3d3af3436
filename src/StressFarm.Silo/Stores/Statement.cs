namespace StressFarm.Silo.Stores;

/// <summary>SQL with its named values.</summary>
public readonly record struct Statement(string Sql, params (string Name, object? Value)[] Values)
{
    public bool GivesRows => Sql.StartsWith("SELECT", StringComparison.Ordinal) || Sql.Contains("RETURNING", StringComparison.Ordinal);
}

/// <summary>What a transaction demands before it writes, and holds until it ends.</summary>
public abstract record Fence
{
    /// <summary>The campaign's newest term is this one.</summary>
    public sealed record Term(string Campaign, long Value) : Fence;
    /// <summary>The section's newest fence is this one.</summary>
    public sealed record Section(string Campaign, int Cell, long Value) : Fence;
    /// <summary>Nobody else enters a campaign meanwhile.</summary>
    public sealed record Entrance : Fence;
    /// <summary>Nothing: the statements are safe by themselves.</summary>
    public sealed record None : Fence;
}
