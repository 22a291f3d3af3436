namespace StressFarm.Kernel.Operations;

/// <summary>One operation of a programme with its arguments, whose meaning is the operation's.</summary>
public readonly record struct OpCall(Operation Operation, int A = 0, int B = 0, int C = 0, int D = 0);
