namespace StressFarm.Silo.Stores;

/// <summary>The store's tables are none of ours, too old or too new: trying again does not help.</summary>
public sealed class SchemaException(string message) : Exception(message);
