namespace StressFarm.Simulation.Invariants;

/// <summary>An operation under way: which, on which CPU, at which step.</summary>
public readonly record struct Actor(int Cpu, string Operation, int OperationNumber, Step Step)
{
    /// <summary>Whoever wrote a word before this schedule began, on a memory that goes on from schedule to schedule.</summary>
    public static Actor EarlierSchedule { get; } = new(-1, "earlier-schedule", 0, Step.None);

    public override string ToString() => Operation.Length == 0 ? "nobody" : $"CPU{Cpu} {Operation} {Step}";
}

/// <summary>A broken invariant, with what is needed to say why.</summary>
/// <param name="Invariant">which</param>
/// <param name="Field">the guilty field, in kernel spelling</param>
/// <param name="Pfn">the page it is about, or -1</param>
/// <param name="Location">the guilty half, or -1 where there is none</param>
/// <param name="Expected">what the field should hold, in words or hex</param>
/// <param name="Found">what it holds</param>
/// <param name="By">who stepped when it was noticed</param>
/// <param name="LastWriter">who wrote the guilty half last</param>
/// <param name="Sentence">the violation in one sentence</param>
/// <param name="KernelSays">what a kernel's own check would print here, or null when it would say nothing</param>
public sealed record Violation(
    Invariant Invariant, string Field, int Pfn, int Location, string Expected, string Found,
    Actor By, Actor LastWriter, string Sentence, string? KernelSays, long AtStep);
