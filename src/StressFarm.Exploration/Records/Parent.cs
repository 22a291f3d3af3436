using StressFarm.Exploration.Feedback;

namespace StressFarm.Exploration.Records;

/// <summary>A schedule worth changing a little: its programme and its choices.</summary>
/// <param name="Seed">of the schedule in its cell</param>
/// <param name="Arm">the strategy that drew it</param>
/// <param name="ProgrammeSeed">the seed its programme is composed from: its own, or that of the schedule it was made from</param>
/// <param name="Choices">the beginning of its choices, as <see cref="ChoiceCode"/></param>
public sealed record Parent(ulong Seed, string Arm, ulong ProgrammeSeed, byte[] Choices);
