namespace StressFarm.Engine;

/// <summary>What a programme can call on a CPU, as far as the machine is concerned: something with a name.</summary>
public abstract class EntryPoint
{
    /// <summary>Its name in programmes, traces and signatures.</summary>
    public abstract string Id { get; }
}
