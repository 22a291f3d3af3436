namespace StressFarm.Engine;

/// <summary>Sees every step of a run that is recorded.</summary>
public interface ITrace
{
    /// <param name="cpu">who stepped</param>
    /// <param name="access">what was done</param>
    /// <param name="old">the value before (0 for reads)</param>
    /// <param name="value">the value after, or the value read</param>
    void Record(StepCpu cpu, in Access access, ulong old, ulong value);
    /// <summary>A further word written by the same step.</summary>
    void RecordRaw(StepCpu cpu, Word word, ulong old, ulong value);
}
