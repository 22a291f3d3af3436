using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace StressFarm.Kernel.Operations;

/// <summary>
/// One operation of a programme with its arguments, which an operation reads by their <see cref="Parameter"/>. Numbers, so that
/// nothing on the way of a step allocates; <see cref="CallText"/> writes and reads it as text.
/// </summary>
[FixedWhileRunning]
public readonly record struct OpCall
{
    /// <summary>Arguments that a call can have.</summary>
    public const int Capacity = 6;

    private readonly Arguments _arguments;

    /// <summary>For an operation's own <c>Call</c>, which names the arguments; here they are in the order of its parameters.</summary>
    public OpCall(Operation operation, int a = 0, int b = 0, int c = 0, int d = 0, int e = 0, int f = 0)
    {
        Operation = operation;
        _arguments = new(a, b, c, d, e, f);
    }

    public Operation Operation { get; }

    // No switch: each would be guessed at, several times an operation.
    public int this[Parameter parameter] => (uint)parameter.Index < Capacity
        ? Unsafe.Add(ref Unsafe.As<Arguments, int>(ref Unsafe.AsRef(in _arguments)), parameter.Index)
        : throw Undeclared(parameter);

    /// <summary>The same call with another value of an argument.</summary>
    internal OpCall With(Parameter parameter, int value)
    {
        OpCall changed = this;
        Unsafe.Add(ref Unsafe.As<Arguments, int>(ref Unsafe.AsRef(in changed._arguments)), parameter.Index) = value;
        return changed;
    }

    private static InvalidOperationException Undeclared(Parameter parameter) =>
        new($"parameter '{parameter.Name}' is read and not declared: name it in Parameters");

    /// <summary>One after the other, as the indexer wants them.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Arguments(int A, int B, int C, int D, int E, int F);

    /// <summary>A flag is set.</summary>
    public bool Is(Parameter flag) => this[flag] == 1;

    public override string ToString() => CallText.Format(this);
}
