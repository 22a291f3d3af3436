using StressFarm.Exploration.Records;

namespace StressFarm.Exploration.Soak;

/// <summary>The memory that a schedule of a soak began on: what a violation that needs the section's history is repeated from.</summary>
/// <param name="Place">whose memory it is</param>
/// <param name="Whole">the schedule ends with audits of the whole section</param>
/// <param name="State">compressed</param>
public sealed record StartState(SoakPlace Place, bool Whole, byte[] State)
{
    private byte[]? _expanded;

    /// <summary>Lays it into a machine.</summary>
    /// <exception cref="StateException">it is no state of this build and geometry</exception>
    internal void Lay(Machine machine) => MachineState.Restore(machine, _expanded ??= StateBytes.Expand(State));
}
